import { LOST_AFTER_SECONDS } from '../../domain/slo/pod-counts.ts';
import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { PresenceStore, StateChange } from '../store/store.ts';

export interface CanaryDeps {
  readonly store: Pick<PresenceStore, 'subscribe' | 'unsubscribe' | 'update'>;
  /** The hidden wedding of this pod on each primary. */
  readonly shards: () => ReadonlyMap<string, string>;
  readonly incarnation: string;
  readonly clock: Clock;
  /** A change came back through a primary, `seconds` after it was due. */
  readonly returned: (primary: string, seconds: number) => void;
  /** A change that was due did not come back through a primary within {@link CANARY_LOST_AFTER_MS}. */
  readonly lost: (primary: string) => void;
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
  /**
   * When the changes were due that have not come back, oldest first. One that could not be sent, because the one before it
   * hangs, is among them: a client would have waited as well.
   */
  due: number[];
}

/** One change per second and primary. */
export const CANARY_EVERY_MS = 1_000;
/** It also bounds the changes that one primary has open: five. */
export const CANARY_LOST_AFTER_MS = LOST_AFTER_SECONDS * 1_000;
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
  #nextDue: number;
  /** Before the first change came back this server was not ready, and had no clients whose updates could be late. */
  #counts = false;
  #closed = false;
  #cancel: Cancel = () => {};

  constructor(deps: CanaryDeps) {
    this.#deps = deps;
    this.#nextDue = deps.clock.monotonicMs();
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
      if (!this.#counts) this.#beginToCount();
      this.#settle(primary, probe, Number(startedAt));
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
    const due = this.#dueNow();
    for (const [primary, probe] of this.#probes) {
      this.#giveUp(primary, probe);
      probe.due.push(...due);
      void this.#send(probe);
    }
    if (!this.#closed) this.#cancel = this.#deps.clock.setTimeout(() => this.#tick(), CANARY_EVERY_MS);
  }

  #beginToCount(): void {
    this.#counts = true;
    for (const probe of this.#probes.values()) probe.due = [];
  }

  /** One instant; more when this process was held up for seconds, as were its clients. Longer than a change may take, and they have left it. */
  #dueNow(): number[] {
    const now = this.#deps.clock.monotonicMs();
    const due: number[] = [];
    // Timers of Node count whole milliseconds, so this one may be up to one early.
    let at = Math.max(Math.min(this.#nextDue, now), now - CANARY_LOST_AFTER_MS + CANARY_EVERY_MS);
    for (; at <= now; at += CANARY_EVERY_MS) due.push(at);
    this.#nextDue = now + CANARY_EVERY_MS;
    return due;
  }

  /** What was due when the change that came back was sent is seen with it: it has the newest state. */
  #settle(primary: string, { due }: Probe, sentAt: number): void {
    const now = this.#deps.clock.monotonicMs();
    for (let at = due[0]; at !== undefined && at <= sentAt; at = due[0]) {
      due.shift();
      if (now - at >= CANARY_LOST_AFTER_MS) this.#lose(primary, 1);
      else if (this.#counts) this.#deps.returned(primary, (now - at) / 1_000);
    }
  }

  #giveUp(primary: string, { due }: Probe): void {
    const now = this.#deps.clock.monotonicMs();
    const open = due.findIndex((at) => now - at < CANARY_LOST_AFTER_MS);
    this.#lose(primary, due.splice(0, open === -1 ? due.length : open).length);
  }

  /** Follows the list of primaries. An empty list is ignored, so that the last primaries are reported as away. */
  #follow(shards: ReadonlyMap<string, string>): void {
    if (shards.size === 0) return;
    const moved = this.#dropOthers(shards);
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
        due: moved.get(wedding) ?? [],
      });
    }
  }

  /** Returns what is due by wedding: after a failover another primary has the wedding, and its changes are waited for there. */
  #dropOthers(shards: ReadonlyMap<string, string>): ReadonlyMap<string, number[]> {
    const weddings = new Set(shards.values());
    const moved = new Map<string, number[]>();
    for (const [primary, { wedding, due }] of this.#probes) {
      if (shards.get(primary) === wedding) continue;
      this.#probes.delete(primary);
      if (weddings.has(wedding)) moved.set(wedding, due);
      else {
        this.#lose(primary, due.length);
        void this.#ignoreErrors(() => this.#deps.store.unsubscribe(wedding));
      }
    }
    return moved;
  }

  #lose(primary: string, changes: number): void {
    if (this.#counts) for (let lost = 0; lost < changes; lost++) this.#deps.lost(primary);
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
