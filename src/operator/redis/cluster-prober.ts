import type { EngineTraits } from '../../domain/topology/engine.ts';
import {
  ATTEMPT_HOLD_MS,
  evaluateFailovers,
  type FailoverAttempt,
  type FailoverCause,
  type FailoverVerdict,
  hasOldVotes,
  type ProbedPod,
} from '../../domain/topology/failover.ts';
import {
  forgiven,
  type NodeHistory,
  type ProbeAnswer,
  type ProbeHistory,
  withAnswer,
} from '../../domain/topology/probe-history.ts';
import { parseInfo, type RedisAdmin, type RedisEndpoint } from '../../platform/redis/admin.ts';
import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import { probe } from './probe.ts';

export type ProbeTarget = Omit<ProbedPod, 'address'> & { readonly endpoint: RedisEndpoint };

/** The servers that are probed at this moment. */
export interface ProbeTargets {
  readonly pods: readonly ProbeTarget[];
  readonly shards: number;
  readonly engine: EngineTraits;
  /** Milliseconds. */
  readonly nodeTimeoutMs: number;
}

export interface Failover {
  readonly shard: number;
  /** Pod names. */
  readonly from: string;
  readonly to: string;
  readonly mode: 'Graceful' | 'Force';
  readonly cause: FailoverCause;
  readonly because: string;
}

export type FailoverReport =
  | { readonly kind: 'Asked'; readonly failover: Failover }
  /** `milliseconds`: from the first sign of trouble until the replica says that it is the primary. */
  | { readonly kind: 'Done'; readonly failover: Failover; readonly milliseconds: number }
  | { readonly kind: 'Failed'; readonly failover: Failover; readonly reason: string }
  /** A primary looks dead and a guard forbids to act. */
  | { readonly kind: 'Held'; readonly shard: number; readonly because: string }
  /** A server has another role than before. */
  | { readonly kind: 'RolesChanged' };

export interface ClusterProberOptions {
  /** With time-outs of `PROBE_TIMEOUT_MS`, and for the prober alone. */
  readonly admin: RedisAdmin;
  readonly clock: Clock;
  readonly targets: () => ProbeTargets;
  readonly intervalMs: () => number;
  readonly attempts: () => ReadonlyMap<number, FailoverAttempt>;
  readonly noteAttempt: (shard: number, atMs: number) => void;
  /** A replica of the shard has become its primary, requested or not. */
  readonly noteDone: (shard: number, pod: string, atMs: number) => void;
  /** Whether this process may act at this very moment. */
  readonly mayAct: () => boolean;
  readonly report: (report: FailoverReport) => void;
}

export const PROBE_INTERVAL_MS = 200;
export const PROBE_TIMEOUT_MS = 300;
/** A tick later than this: we were stalled, and answers may have waited for us. */
const STALL_MS = 500;
/** How long the process of a vanished pod is still asked: a pod deleted by force may run on, or be dead for certain. */
const GHOST_MS = 15_000;
/** An election takes milliseconds. In this time no other shard is promoted, because two at once cost each other votes. */
const ELECTION_MS = 1_000;
/** A guard that forbids for shorter is no news: the next answers settle it. */
const HELD_IS_NEWS_MS = 1_000;

interface UnderWay {
  readonly failover: Failover;
  readonly candidate: string;
  readonly troubleMs: number;
  readonly askedMs: number;
}

type Watched = ProbedPod & { readonly endpoint: RedisEndpoint; readonly seenMs: number };

/** Probes the Redis pods of one cluster and replaces a dead primary by the replica that was in sync with it. */
export class ClusterProber {
  readonly #options: ClusterProberOptions;
  #history: ProbeHistory = new Map();
  #watched = new Map<string, Watched>();
  readonly #inFlight = new Set<string>();
  readonly #heldSince = new Map<number, number>();
  #underWay: UnderWay | undefined;
  #lastTickMs: number | undefined;
  #cancel: Cancel = () => {};
  #running = false;
  #startedMs = 0;

  constructor(options: ClusterProberOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = true;
    this.#startedMs = this.#options.clock.monotonicMs();
    this.#tick();
  }

  stop(): void {
    this.#running = false;
    this.#cancel();
    this.#options.admin.close();
  }

  #tick(): void {
    if (!this.#running) return;
    const { clock, intervalMs } = this.#options;
    const now = clock.monotonicMs();
    if (this.#lastTickMs !== undefined && now - this.#lastTickMs > intervalMs() + STALL_MS) {
      this.#history = forgiven(this.#history);
    }
    this.#lastTickMs = now;
    this.#watch(now);
    for (const pod of this.#watched.values()) void this.#probe(pod);
    this.#expire(now);
    this.#judge();
    this.#cancel = clock.setTimeout(() => this.#tick(), intervalMs());
  }

  /** The pods there are, and for a while those that there were: their history decides, not the API's. */
  #watch(now: number): void {
    const next = new Map<string, Watched>();
    for (const pod of this.#watched.values()) {
      // A pod that has vanished ends no longer: whether its process lives, only the process can say.
      if (now - pod.seenMs < GHOST_MS) next.set(pod.address, { ...pod, terminating: false });
    }
    for (const pod of this.#options.targets().pods) {
      const address = `${pod.endpoint.host}:${pod.endpoint.port}`;
      next.set(address, { ...pod, address, seenMs: now });
    }
    this.#watched = next;
    if ([...this.#history.keys()].some((address) => !next.has(address))) {
      this.#history = new Map([...this.#history].filter(([address]) => next.has(address)));
    }
  }

  async #probe({ address, endpoint }: Watched): Promise<void> {
    // A server that hangs is not asked again before its time-out.
    if (this.#inFlight.has(address)) return;
    this.#inFlight.add(address);
    const answer = await probe(this.#options.admin, endpoint);
    this.#inFlight.delete(address);
    if (this.#running && this.#watched.has(address)) this.#note(address, answer);
  }

  #note(address: string, answer: ProbeAnswer): void {
    const now = this.#options.clock.monotonicMs();
    const before = this.#history.get(address);
    const after = withAnswer(before, answer, now);
    (this.#history as Map<string, NodeHistory>).set(address, after);
    if (after.role?.kind !== before?.role?.kind && before !== undefined) {
      const watched = this.#watched.get(address);
      if (answer.kind === 'Primary' && watched) this.#options.noteDone(watched.shard, watched.pod, now);
      this.#options.report({ kind: 'RolesChanged' });
    }
    const { failover, candidate, troubleMs } = this.#underWay ?? {};
    if (failover !== undefined && candidate === address && answer.kind === 'Primary') {
      this.#underWay = undefined;
      this.#options.report({ kind: 'Done', failover, milliseconds: Math.round(now - (troubleMs ?? now)) });
    }
    if (answer.kind === 'Miss' || after.restartedMs !== undefined) this.#judge();
  }

  #expire(now: number): void {
    const { failover, askedMs } = this.#underWay ?? {};
    if (failover === undefined || askedMs === undefined || now < askedMs + ATTEMPT_HOLD_MS) return;
    this.#underWay = undefined;
    const reason = `${failover.to} has not become the primary within ${ATTEMPT_HOLD_MS / 1000} s`;
    this.#options.report({ kind: 'Failed', failover, reason });
  }

  #judge(): void {
    const { targets, attempts, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const { shards, engine, nodeTimeoutMs } = targets();
    const verdicts = evaluateFailovers({
      history: this.#history,
      pods: [...this.#watched.values()],
      shards,
      engine,
      nodeTimeoutMs,
      attempts: attempts(),
      nowMs,
    });
    for (const verdict of verdicts) {
      if (verdict.kind === 'Promote') void this.#promote(verdict);
    }
    this.#reportHeld(verdicts, nowMs);
  }

  async #promote(verdict: FailoverVerdict & { kind: 'Promote' }): Promise<void> {
    const { admin, clock, noteAttempt, mayAct, report } = this.#options;
    const now = clock.monotonicMs();
    const isElecting = this.#underWay !== undefined && now < this.#underWay.askedMs + ELECTION_MS;
    const candidate = this.#watched.get(verdict.candidate.address);
    if (isElecting || candidate === undefined || !mayAct()) return;
    const { shard, mode, cause, because, primary } = verdict;
    const failover: Failover = { shard, from: primary.pod, to: candidate.pod, mode, cause, because };
    const own = this.#history.get(primary.address);
    const troubleMs = (cause === 'Restarted' ? own?.restartedMs : own?.firstMissMs) ?? now;
    this.#underWay = { failover, candidate: candidate.address, troubleMs, askedMs: now };
    noteAttempt(shard, now);
    report({ kind: 'Asked', failover });
    try {
      if (await this.#mayHaveOldVotes(candidate.endpoint)) {
        throw new Error(`${candidate.pod} may have been elected a moment before this operator began to look`);
      }
      await admin.execute(candidate.endpoint, [
        'CLUSTER',
        'FAILOVER',
        ...(mode === 'Force' ? ['FORCE'] : []),
      ]);
    } catch (error) {
      if (this.#underWay?.failover !== failover) return;
      this.#underWay = undefined;
      report({ kind: 'Failed', failover, reason: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Votes from before this process started are known to the server only. */
  async #mayHaveOldVotes(endpoint: RedisEndpoint): Promise<boolean> {
    const { admin, clock, targets } = this.#options;
    const { engine, nodeTimeoutMs } = targets();
    if (!hasOldVotes(this.#startedMs, { engine, nodeTimeoutMs, nowMs: clock.monotonicMs() })) return false;
    const info = parseInfo(String(await admin.execute(endpoint, ['CLUSTER', 'INFO'])));
    return Number(info['cluster_stats_messages_auth-ack_received'] ?? 0) > 0;
  }

  /** Once for each time that a guard forbids to act for long. */
  #reportHeld(verdicts: readonly FailoverVerdict[], nowMs: number): void {
    const held = verdicts.filter((verdict) => verdict.kind === 'Hold');
    for (const shard of this.#heldSince.keys()) {
      if (!held.some((verdict) => verdict.shard === shard)) this.#heldSince.delete(shard);
    }
    for (const { shard, because } of held) {
      const since = this.#heldSince.get(shard) ?? nowMs;
      if (since !== Number.POSITIVE_INFINITY && nowMs - since >= HELD_IS_NEWS_MS) {
        this.#options.report({ kind: 'Held', shard, because });
        this.#heldSince.set(shard, Number.POSITIVE_INFINITY);
      } else {
        this.#heldSince.set(shard, since);
      }
    }
  }
}
