import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { PresenceStore, StateChange } from '../store/store.ts';

export interface CanaryDeps {
  readonly store: Pick<PresenceStore, 'subscribe' | 'unsubscribe' | 'update'>;
  /** The hidden wedding of this pod on each primary. */
  readonly shards: () => ReadonlyMap<string, string>;
  readonly incarnation: string;
  readonly clock: Clock;
  /** A change came back through a primary, so long after it was sent. */
  readonly returned: (primary: string, seconds: number) => void;
  readonly log: Logger;
}

/** How one primary does, for this pod. `deaf`: it keeps what is written, but its messages do not come. */
export interface CanaryHealth {
  readonly primary: string;
  readonly state: 'singing' | 'deaf' | 'away';
  /** Of the last that came back; undefined when none did. */
  readonly delaySeconds: number | undefined;
}

interface Bird {
  readonly wedding: string;
  subscribed: boolean;
  sending: boolean;
  delayMs: number | undefined;
  returnedAt: number;
  confirmedAt: number;
}

/** One canary a second and primary. */
const EVERY_MS = 1_000;
/** Three that did not come back. Below the bound in which a dead pod is noticed, so that both are said together. */
const SILENT_AFTER_MS = 3_500;
const GRACE_MS = 0;
const NEVER = Number.NEGATIVE_INFINITY;

/**
 * Sends a change through each primary every second, the way the change of a person goes: function, channel, subscriber
 * connection, this process. A probe that only asks whether Redis answers stays green while the subscription is dead
 * (centrifugo#1189).
 */
export class Canary {
  readonly #deps: CanaryDeps;
  readonly #birds = new Map<string, Bird>();
  #number = 0;
  #closed = false;
  #cancel: Cancel = () => {};

  constructor(deps: CanaryDeps) {
    this.#deps = deps;
    this.#tick();
  }

  /** A change of a hidden wedding came. */
  receive(wedding: string, change: StateChange): void {
    const [incarnation, startedAt] = change.origin.split(' ');
    if (incarnation !== this.#deps.incarnation) return;
    const now = this.#deps.clock.monotonicMs();
    for (const [primary, bird] of this.#birds) {
      if (bird.wedding !== wedding) continue;
      bird.returnedAt = now;
      bird.delayMs = now - Number(startedAt);
      this.#deps.returned(primary, bird.delayMs / 1_000);
    }
  }

  health(): CanaryHealth[] {
    const now = this.#deps.clock.monotonicMs();
    return [...this.#birds].map(([primary, bird]) => ({
      primary,
      state: stateOf(bird, now),
      delaySeconds: bird.delayMs === undefined ? undefined : bird.delayMs / 1_000,
    }));
  }

  /**
   * Why new clients should go elsewhere. A primary that is away for everybody is no reason while another works: its
   * weddings wait, and pods that are all unready would end the others too.
   */
  notReadyBecause(): string | undefined {
    const health = this.health();
    if (!health.some(({ state }) => state === 'singing')) return 'no canary comes back through Redis';
    const deaf = health.find(({ state }) => state === 'deaf');
    return deaf && `messages of primary ${deaf.primary} do not come`;
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #tick(): void {
    this.#follow(this.#deps.shards());
    this.#number++;
    for (const bird of this.#birds.values()) void this.#send(bird);
    if (!this.#closed) this.#cancel = this.#deps.clock.setTimeout(() => this.#tick(), EVERY_MS);
  }

  /** Primaries come and go; without any the last ones are kept, so that an outage is seen as one. */
  #follow(shards: ReadonlyMap<string, string>): void {
    if (shards.size === 0) return;
    for (const [primary, bird] of this.#birds) {
      if (shards.get(primary) === bird.wedding) continue;
      this.#birds.delete(primary);
      if (![...shards.values()].includes(bird.wedding))
        void this.#quietly(() => this.#deps.store.unsubscribe(bird.wedding));
    }
    for (const [primary, wedding] of shards) {
      if (this.#birds.has(primary)) continue;
      const now = this.#deps.clock.monotonicMs();
      this.#birds.set(primary, {
        ...{ wedding, subscribed: false, sending: false, delayMs: undefined },
        // A new primary has as long as an old one to prove itself, once something has come back at all.
        ...{ returnedAt: this.#number === 0 ? NEVER : now, confirmedAt: NEVER },
      });
    }
  }

  async #send(bird: Bird): Promise<void> {
    if (bird.sending) return;
    bird.sending = true;
    const { store, incarnation, clock } = this.#deps;
    await this.#quietly(async () => {
      if (bird.subscribed && stateOf(bird, clock.monotonicMs()) === 'deaf') {
        bird.subscribed = false;
        await store.unsubscribe(bird.wedding);
      }
      if (!bird.subscribed)
        await store.subscribe(bird.wedding, { receive: (change) => this.receive(bird.wedding, change) });
      bird.subscribed = true;
      const body = { role: 'other', status: String(this.#number) } as const;
      await store.update(bird.wedding, undefined, {
        connection: 'canary',
        user: incarnation,
        body,
        graceMs: GRACE_MS,
      });
      bird.confirmedAt = clock.monotonicMs();
    });
    bird.sending = false;
  }

  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#deps.log.debug({ err: error }, 'a canary did not get through');
    }
  }
}

function stateOf(bird: Bird, now: number): CanaryHealth['state'] {
  if (now - bird.returnedAt < SILENT_AFTER_MS) return 'singing';
  return now - bird.confirmedAt < SILENT_AFTER_MS ? 'deaf' : 'away';
}
