import type { Cancel, Clock } from '../runtime/clock.ts';
import type { Logger } from '../telemetry/log.ts';
import type { KubeClient } from './client.ts';
import { KubeError } from './errors.ts';
import { claimLease, emptyLease, type Lease, type LeaseSpec, leaseDurationMs, RELEASED } from './lease.ts';
import { microTime } from './micro-time.ts';
import { builtin } from './resource.ts';

export interface LeaderElectionOptions {
  /** Must not be fenced by this very election: it writes the lease. */
  client: KubeClient;
  namespace: string;
  /** Name of the Lease. */
  name: string;
  /** Unique to this process; a pod's name and uid. */
  identity: string;
  clock: Clock;
  log: Logger;
  /** Called once, when leadership that was held is gone. The process must end: its caches are another's now. */
  onLost: (reason: string) => void;
  leaseMs?: number;
  renewDeadlineMs?: number;
  retryMs?: number;
  random?: () => number;
}

/** Leadership by a Lease. */
export interface LeaderElector {
  start(): void;
  /** Resolves when this process leads for the first time. */
  elected(): Promise<void>;
  /** Whether this process may act as the leader at this very moment. */
  isLeader(): boolean;
  /** @throws {NotLeaderError} when {@link isLeader} is false; for a client's fence. */
  fence(): void;
  /** Aborted when leadership is lost, to end requests in flight. */
  readonly lost: AbortSignal;
  /** Stops, and gives the lease back so that the next leader need not wait for it to expire. */
  stop(): Promise<void>;
}

/** A write was tried without the lease. */
export class NotLeaderError extends Error {
  readonly disposition = 'backoff';

  constructor() {
    super('this process does not hold the leader lease');
    this.name = 'NotLeaderError';
  }
}

/** controller-runtime's defaults. 10 s after the last renewal the leader gives up, 5 s before others may act. */
const LEASE_MS = 15_000;
const RENEW_DEADLINE_MS = 10_000;
const RETRY_MS = 2_000;
/** Candidates do not ask in step. They ask a little sooner, never later: who looks late takes over late. */
const RETRY_JITTER = 0.2;

class LeaseElector implements LeaderElector {
  readonly #options: LeaderElectionOptions;
  readonly #leaseMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryMs: number;
  readonly #random: () => number;
  readonly #stopping = new AbortController();
  readonly #losing = new AbortController();
  readonly #electedWaiters = new Set<() => void>();
  #running: Promise<void> | undefined;
  #state: 'candidate' | 'leader' | 'lost' = 'candidate';
  /** When the last successful renewal was sent, on the monotonic clock. */
  #renewedMs = 0;
  #cancelDeadline: Cancel | undefined;
  #lease: Lease | undefined;
  #mustRead = true;
  /** A claim was sent, and its outcome is not known yet. */
  #claimOpen = false;
  /** When the record was first seen as it is, on our own clock: others' clocks are never compared with it. */
  #observedMs = 0;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? RENEW_DEADLINE_MS;
    this.#retryMs = options.retryMs ?? RETRY_MS;
    this.#random = options.random ?? Math.random;
    if (!(this.#leaseMs > this.#renewDeadlineMs && this.#renewDeadlineMs > this.#retryMs)) {
      throw new RangeError(
        'leader election: lease must exceed the renew deadline, and that the retry period',
      );
    }
  }

  get lost(): AbortSignal {
    return this.#losing.signal;
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  elected(): Promise<void> {
    if (this.#state === 'leader') return Promise.resolve();
    return new Promise((resolve) => this.#electedWaiters.add(resolve));
  }

  isLeader(): boolean {
    // Asks the clock as well as the state: after a stall of the event loop no timer has run yet.
    return this.#state === 'leader' && this.#sinceRenewal() < this.#renewDeadlineMs;
  }

  fence(): void {
    if (!this.isLeader()) throw new NotLeaderError();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('leader election stops'));
    await this.#running;
    this.#cancelDeadline?.();
    const held = this.isLeader() || (this.#state === 'candidate' && this.#claimOpen);
    this.#state = 'lost';
    this.#losing.abort(new NotLeaderError());
    if (held) await this.#release();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#state !== 'lost') {
      try {
        await this.#tryOnce(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#note(error);
      }
      await this.#options.clock.sleep(this.#pauseMs(), signal).catch(() => undefined);
    }
  }

  /** A candidate looks again when the lease it knows of runs out, if that is sooner. */
  #pauseMs(): number {
    if (this.#state === 'leader') return this.#retryMs;
    const pauseMs = this.#retryMs * (1 - RETRY_JITTER * this.#random());
    const heldForMs = this.#lease === undefined ? 0 : this.#untilFreeMs(this.#lease);
    return heldForMs > 0 ? Math.min(pauseMs, heldForMs) : pauseMs;
  }

  /** One attempt to take or renew the lease. */
  async #tryOnce(signal: AbortSignal): Promise<void> {
    const sentMs = this.#options.clock.monotonicMs();
    if (this.#state === 'leader' && !this.isLeader()) {
      this.#lose('the lease was not renewed in time');
      return;
    }
    if (this.#state !== 'leader' || this.#mustRead) {
      const lease = await this.#read(signal);
      if (lease === undefined) {
        await this.#create(sentMs, signal);
        return;
      }
      this.#observe(lease);
    }
    const lease = this.#lease;
    if (lease === undefined) return;
    const holder = lease.spec?.holderIdentity;
    const ours = holder === this.#options.identity;
    if (this.#state === 'leader' && !ours) {
      this.#lose(`${holder || 'no process'} holds the lease`);
      return;
    }
    if (ours || this.#isFree(lease)) await this.#hold(lease, sentMs, signal);
  }

  #read(signal: AbortSignal): Promise<Lease | undefined> {
    const { client, namespace, name } = this.#options;
    return client.get<Lease>(builtin.Lease, namespace, name, { signal, timeoutMs: this.#requestLimitMs() });
  }

  async #create(sentMs: number, signal: AbortSignal): Promise<void> {
    const { client, namespace, name, identity } = this.#options;
    const lease = { ...emptyLease(namespace, name), spec: this.#claim(undefined) };
    const limits = { signal, timeoutMs: this.#requestLimitMs() };
    this.#renewed(await client.create(lease, { fieldManager: identity, ...limits }), sentMs);
  }

  /** Takes or renews at exactly the version that was read, so that of two candidates one fails. */
  async #hold(lease: Lease, sentMs: number, signal: AbortSignal): Promise<void> {
    const { client, namespace, name, identity } = this.#options;
    const patch = {
      metadata: { resourceVersion: lease.metadata.resourceVersion },
      spec: this.#claim(lease),
    };
    const limits = { signal, timeoutMs: this.#requestLimitMs() };
    try {
      const options = { fieldManager: identity, ...limits };
      this.#renewed(await client.patch<Lease>(builtin.Lease, namespace, name, patch, options), sentMs);
    } catch (error) {
      // Whatever happened, the record may not be the one we know.
      this.#mustRead = true;
      throw error;
    }
  }

  #claim(before: Lease | undefined): LeaseSpec {
    const { identity, clock } = this.#options;
    this.#claimOpen = true;
    return claimLease(before?.spec, { identity, now: clock.now(), leaseMs: this.#leaseMs });
  }

  #observe(lease: Lease): void {
    const changed = lease.metadata.resourceVersion !== this.#lease?.metadata.resourceVersion;
    if (changed) this.#observedMs = this.#options.clock.monotonicMs();
    this.#lease = lease;
    this.#claimOpen = false;
  }

  #isFree(lease: Lease): boolean {
    return !lease.spec?.holderIdentity || this.#untilFreeMs(lease) <= 0;
  }

  #untilFreeMs(lease: Lease): number {
    return (
      this.#observedMs + leaseDurationMs(lease.spec ?? {}, this.#leaseMs) - this.#options.clock.monotonicMs()
    );
  }

  #renewed(lease: Lease, sentMs: number): void {
    if (this.#state === 'lost') return;
    const { clock, log, identity } = this.#options;
    this.#lease = lease;
    this.#mustRead = false;
    this.#observedMs = clock.monotonicMs();
    // An answer to a process that was stopped meanwhile: what it was given may be another's by now.
    if (this.#state === 'candidate' && this.#observedMs - sentMs >= this.#renewDeadlineMs) return;
    this.#claimOpen = false;
    this.#renewedMs = sentMs;
    this.#cancelDeadline?.();
    const untilDeadlineMs = this.#renewDeadlineMs - this.#sinceRenewal();
    this.#cancelDeadline = clock.setTimeout(
      () => this.#lose('the lease could not be renewed in time'),
      untilDeadlineMs,
    );
    if (this.#state === 'leader') return;
    this.#state = 'leader';
    log.info({ lease: this.#options.name, identity }, 'became the leader');
    for (const resolve of this.#electedWaiters) resolve();
    this.#electedWaiters.clear();
  }

  #lose(reason: string): void {
    if (this.#state !== 'leader') return;
    this.#state = 'lost';
    this.#cancelDeadline?.();
    this.#options.log.error({ lease: this.#options.name, reason }, 'lost leadership');
    this.#losing.abort(new NotLeaderError());
    this.#stopping.abort(new NotLeaderError());
    this.#options.onLost(reason);
  }

  async #release(): Promise<void> {
    const { client, namespace, name, identity, clock, log } = this.#options;
    const limits = { timeoutMs: this.#requestLimitMs() };
    try {
      // Reads first: a renewal that was cut short by the stop may have reached the API server.
      const lease = await client.get<Lease>(builtin.Lease, namespace, name, limits);
      if (lease?.spec?.holderIdentity !== identity) return;
      const spec = { ...RELEASED, renewTime: microTime(clock.now()) };
      const patch = { metadata: { resourceVersion: lease.metadata.resourceVersion }, spec };
      await client.patch(builtin.Lease, namespace, name, patch, { fieldManager: identity, ...limits });
      log.info({ lease: name, identity }, 'released the lease');
    } catch (error) {
      log.warn({ err: error, lease: name }, 'could not release the lease; it will expire');
    }
  }

  #note(error: unknown): void {
    const { log, name } = this.#options;
    const conflict = error instanceof KubeError && error.disposition === 'conflict';
    if (conflict) log.debug({ err: error, lease: name }, 'another candidate was faster');
    else log.warn({ err: error, lease: name }, 'leader election request failed, will retry');
  }

  #sinceRenewal(): number {
    return this.#options.clock.monotonicMs() - this.#renewedMs;
  }

  /** Half the deadline, as controller-runtime has it, so that one request that hangs leaves time for another. */
  #requestLimitMs(): number {
    return this.#renewDeadlineMs / 2;
  }
}

/** An election that is not started yet. */
export function createLeaderElector(options: LeaderElectionOptions): LeaderElector {
  return new LeaseElector(options);
}
