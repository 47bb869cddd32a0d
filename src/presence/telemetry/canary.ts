import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { PresenceStore, StateChange } from '../store/store.ts';

export interface CanaryDeps {
  readonly store: Pick<PresenceStore, 'subscribe' | 'unsubscribe' | 'update'>;
  /** The hidden wedding of this pod on each primary. */
  readonly shards: () => ReadonlyMap<string, string>;
  readonly incarnation: string;
  readonly clock: Clock;
  /** A change came back through a primary, `seconds` after it was sent. */
  readonly returned: (primary: string, seconds: number) => void;
  readonly log: Logger;
}

/** The state of one primary for this pod. `deaf`: it accepts writes, but its messages do not arrive. */
export interface CanaryHealth {
  readonly primary: string;
  readonly state: 'singing' | 'deaf' | 'away';
  /** Round trip of the last change that came back; undefined when none did. */
  readonly delaySeconds: number | undefined;
}

interface Probe {
  readonly wedding: string;
  subscribed: boolean;
  sending: boolean;
  delayMs: number | undefined;
  returnedAt: number;
  confirmedAt: number;
}

/** One change per second and primary. */
const EVERY_MS = 1_000;
/** Three changes that did not come back. Shorter than the time in which a dead pod is noticed, so that both are reported together. */
const SILENT_AFTER_MS = 3_500;
const GRACE_MS = 0;
const NEVER = Number.NEGATIVE_INFINITY;

/**
 * Sends a hidden change through each primary every second, on the path of an ordinary change: function, channel, subscriber
 * connection, this process. A check that only asks whether Redis answers stays green while the subscription is dead
 * (centrifugo#1189).
 */
export class Canary {
  readonly #deps: CanaryDeps;
  readonly #probes = new Map<string, Probe>();
  #number = 0;
  #closed = false;
  #cancel: Cancel = () => {};

  constructor(deps: CanaryDeps) {
    this.#deps = deps;
    this.#tick();
  }

  /** A change of a hidden wedding arrived. */
  receive(wedding: string, change: StateChange): void {
    const [incarnation, startedAt] = change.origin.split(' ');
    if (incarnation !== this.#deps.incarnation) return;
    const now = this.#deps.clock.monotonicMs();
    for (const [primary, probe] of this.#probes) {
      if (probe.wedding !== wedding) continue;
      probe.returnedAt = now;
      probe.delayMs = now - Number(startedAt);
      this.#deps.returned(primary, probe.delayMs / 1_000);
    }
  }

  health(): CanaryHealth[] {
    const now = this.#deps.clock.monotonicMs();
    return [...this.#probes].map(([primary, probe]) => ({
      primary,
      state: stateOf(probe, now),
      delaySeconds: probe.delayMs === undefined ? undefined : probe.delayMs / 1_000,
    }));
  }

  /**
   * Why this pod is not ready; undefined when it is. A primary that is away for all pods is no reason while another works:
   * its weddings wait, and if all pods became unready the other weddings would stop too.
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
    for (const probe of this.#probes.values()) void this.#send(probe);
    if (!this.#closed) this.#cancel = this.#deps.clock.setTimeout(() => this.#tick(), EVERY_MS);
  }

  /** Follows the list of primaries. An empty list is ignored, so that the last primaries are reported as away. */
  #follow(shards: ReadonlyMap<string, string>): void {
    if (shards.size === 0) return;
    for (const [primary, probe] of this.#probes) {
      if (shards.get(primary) === probe.wedding) continue;
      this.#probes.delete(primary);
      if (![...shards.values()].includes(probe.wedding))
        void this.#ignoreErrors(() => this.#deps.store.unsubscribe(probe.wedding));
    }
    for (const [primary, wedding] of shards) {
      if (this.#probes.has(primary)) continue;
      const now = this.#deps.clock.monotonicMs();
      this.#probes.set(primary, {
        wedding,
        subscribed: false,
        sending: false,
        delayMs: undefined,
        // A new primary gets the same time as a known one, once any change has come back.
        returnedAt: this.#number === 0 ? NEVER : now,
        confirmedAt: NEVER,
      });
    }
  }

  async #send(probe: Probe): Promise<void> {
    if (probe.sending) return;
    probe.sending = true;
    const { store, incarnation, clock } = this.#deps;
    await this.#ignoreErrors(async () => {
      if (probe.subscribed && stateOf(probe, clock.monotonicMs()) === 'deaf') {
        probe.subscribed = false;
        await store.unsubscribe(probe.wedding);
      }
      if (!probe.subscribed)
        await store.subscribe(probe.wedding, { receive: (change) => this.receive(probe.wedding, change) });
      probe.subscribed = true;
      const body = { role: 'other', status: String(this.#number) } as const;
      await store.update(probe.wedding, undefined, {
        connection: 'canary',
        user: incarnation,
        body,
        graceMs: GRACE_MS,
      });
      probe.confirmedAt = clock.monotonicMs();
    });
    probe.sending = false;
  }

  async #ignoreErrors(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#deps.log.debug({ err: error }, 'a canary change did not get through');
    }
  }
}

function stateOf(probe: Probe, now: number): CanaryHealth['state'] {
  if (now - probe.returnedAt < SILENT_AFTER_MS) return 'singing';
  return now - probe.confirmedAt < SILENT_AFTER_MS ? 'deaf' : 'away';
}
