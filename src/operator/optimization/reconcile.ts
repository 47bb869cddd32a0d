import type { PresenceCluster, PresenceOptimization } from '../../api/v1alpha1/kinds.ts';
import type { PresenceOptimizationStatus } from '../../api/v1alpha1/presence-optimization.ts';
import { type Accepted, evaluateRequest, type Verdict } from '../../domain/optimization/evaluate-request.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import type { EventRecorder } from '../../platform/kube/events.ts';
import type { ChangeEvent } from '../../platform/kube/reflector.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Outcome, ReconcileContext } from '../../platform/runtime/controller.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import { TokenBucket } from '../../platform/runtime/token-bucket.ts';
import { ownType } from '../objects/kinds.ts';
import { writeStatus } from '../objects/write-status.ts';
import type { Disconnects } from './disconnects.ts';
import type { HoldRegistry } from './hold-registry.ts';
import type { RequestMetrics } from './metrics.ts';
import { RequestLog } from './request-log.ts';
import { expiryOf, REFUSED_TTL_MS, requestStatus } from './request-status.ts';

export interface OptimizationReconcilerOptions {
  client: KubeClient;
  clusters: StoreReader<PresenceCluster>;
  holds: HoldRegistry;
  disconnects: Disconnects;
  events: EventRecorder;
  metrics: RequestMetrics;
  /** Enqueues a PresenceCluster. */
  enqueue: (cluster: string) => void;
  clock: Clock;
}

/** The only key of the queue: a flood of requests is one piece of work, however many objects it is. */
export const ALL_REQUESTS = 'requests';

/** What a flood of requests may cost: statuses of requests over the rate that are written per second, and deletions. */
const REFUSALS_PER_SECOND = 1;
const REFUSALS_BURST = 10;
const DELETIONS_PER_SECOND = 10;
/** Changes are collected for this long and then judged together. */
export const GATHER_REQUESTS_MS = 100;
/** When to continue after a token bucket was empty. */
const NEXT_TOKEN_MS = 1000;

interface Judged {
  request: PresenceOptimization;
  status: PresenceOptimizationStatus;
  verdict: Verdict;
}

/**
 * Evaluates PresenceOptimizations, carries out the accepted ones, and deletes those that ended long ago. Beyond ten per
 * minute for one user a request costs a look-up in memory: no reconcile of a PresenceCluster, and writes from token buckets that all such
 * requests share.
 */
export class OptimizationReconciler {
  readonly #options: OptimizationReconcilerOptions;
  readonly #log = new RequestLog();
  /** Requests without a status, by key. */
  readonly #waiting = new Map<string, PresenceOptimization>();
  /** Requests that are judged and whose status is not written yet. */
  readonly #unwritten = new Map<string, Judged>();
  /** Holds and Disconnects that are on. */
  readonly #active = new Map<string, PresenceOptimization>();
  /** Requests that are over, and when each is deleted. */
  readonly #over = new Map<string, { request: PresenceOptimization; at: number }>();
  readonly #refusals: TokenBucket;
  readonly #deletions: TokenBucket;

  constructor(options: OptimizationReconcilerOptions) {
    this.#options = options;
    const now = options.clock.monotonicMs();
    this.#refusals = new TokenBucket({ perSecond: REFUSALS_PER_SECOND, burst: REFUSALS_BURST }, now);
    this.#deletions = new TokenBucket({ perSecond: DELETIONS_PER_SECOND, burst: DELETIONS_PER_SECOND }, now);
  }

  /** Takes note of a change of a request; in memory alone, on every replica. */
  note({
    type,
    key,
    object: request,
  }: Pick<ChangeEvent<PresenceOptimization>, 'type' | 'key' | 'object'>): void {
    this.#waiting.delete(key);
    this.#active.delete(key);
    this.#over.delete(key);
    if (type === 'deleted' || request.metadata.deletionTimestamp !== undefined) {
      this.#unwritten.delete(key);
      // Deleting a request that is on ends it.
      this.#options.disconnects.end(clusterOf(request), key);
      if (this.#options.holds.end(clusterOf(request), key)) this.#options.enqueue(clusterOf(request));
      return;
    }
    const { phase, reason, until } = request.status ?? {};
    if (phase === undefined) {
      if (!this.#unwritten.has(key)) this.#waiting.set(key, request);
      return;
    }
    this.#unwritten.delete(key);
    if (reason !== 'RateLimited') this.#record(request);
    const expiry = expiryOf(request);
    if (expiry !== undefined) this.#over.set(key, { request, at: expiry });
    // Ended by the replica that leads.
    if (phase === 'Done') this.#options.disconnects.end(clusterOf(request), key);
    if (phase === 'Active' && until !== undefined) {
      this.#active.set(key, request);
      const { message = '' } =
        request.status?.conditions?.find(({ type: each }) => each === 'Accepted') ?? {};
      this.#begin(key, request, { kind: 'accepted', message, until: new Date(until) });
    }
  }

  async reconcile(_key: string, { signal, log }: ReconcileContext): Promise<Outcome> {
    const now = this.#options.clock.now();
    this.#judgeAll(now);
    this.#endHolds(now);
    const failures = [...(await this.#writeStatuses(signal)), ...(await this.#deleteOld(now, signal))];
    const nextMs = await this.#options.disconnects.carryOut(signal, log);
    if (failures.length > 0) throw failures[0];
    return sooner(this.#next(now), nextMs);
  }

  #judgeAll(now: Date): void {
    const inOrder = [...this.#waiting].sort(
      ([a, { metadata: one }], [b, { metadata: two }]) =>
        Date.parse(one.creationTimestamp ?? '') - Date.parse(two.creationTimestamp ?? '') || (a < b ? -1 : 1),
    );
    this.#waiting.clear();
    for (const [key, request] of inOrder) this.#judge(key, request, now);
  }

  #judge(key: string, request: PresenceOptimization, now: Date): void {
    const { enqueue, metrics } = this.#options;
    const { spec, metadata } = request;
    const verdict = evaluateRequest(spec, {
      taken: this.#log.taken(spec.requestedBy, idOf(request)),
      at: new Date(metadata.creationTimestamp ?? now),
      now,
      cluster: this.#cluster(clusterOf(request)),
      disconnects: this.#options.disconnects.count(clusterOf(request), key),
    });
    metrics.judged(spec.type, verdict.kind === 'accepted' ? 'Accepted' : verdict.reason);
    this.#unwritten.set(key, { request, verdict, status: requestStatus(request, verdict, now) });
    if (isRateLimited(verdict)) return;
    this.#record(request);
    if (verdict.kind === 'refused') return;
    this.#begin(key, request, verdict);
    enqueue(clusterOf(request));
  }

  #cluster(key: string) {
    const found = this.#options.clusters.get(key);
    if (found === undefined) return undefined;
    const { active, until } = found.status?.freeze ?? {};
    return { scaling: found.spec.scaling, ...(active && until ? { frozenUntil: new Date(until) } : {}) };
  }

  /** Writes what is not written yet: what counts at once, refusals for their rate from the allowance. */
  async #writeStatuses(signal: AbortSignal): Promise<Error[]> {
    const { client, clock } = this.#options;
    const failures: Error[] = [];
    for (const [key, judged] of this.#unwritten) {
      if (isRateLimited(judged.verdict) && !this.#refusals.take(clock.monotonicMs())) continue;
      const failure = await attempt(signal, () => writeStatus(client, judged.request, judged.status, signal));
      if (failure !== undefined) {
        failures.push(failure);
        continue;
      }
      this.#unwritten.delete(key);
      this.#announce(judged);
    }
    return failures;
  }

  #announce({ request, verdict }: Judged): void {
    const { events } = this.#options;
    const { requestedBy, type } = request.spec;
    const note = `${type} for ${requestedBy}: ${verdict.message}`;
    if (verdict.kind === 'refused') {
      events.record(request, {
        type: 'Warning',
        reason: 'OptimizationRefused',
        action: verdict.reason,
        note,
      });
      return;
    }
    const cluster = this.#options.clusters.get(clusterOf(request));
    if (!cluster) return;
    events.record(cluster, { type: 'Normal', reason: 'OptimizationAccepted', action: type, note });
  }

  /** A hold or a Disconnect whose time is over: the PresenceCluster is looked at without it. */
  #endHolds(now: Date): void {
    for (const [key, request] of this.#active) {
      const { status } = request;
      if (status?.until === undefined || Date.parse(status.until) > now.getTime()) continue;
      this.#active.delete(key);
      this.#options.holds.end(clusterOf(request), key);
      this.#options.disconnects.end(clusterOf(request), key);
      this.#options.enqueue(clusterOf(request));
      const verdict: Verdict = {
        kind: 'accepted',
        message: `The ${request.spec.type === 'Disconnect' ? 'Disconnect' : 'hold'} ended at ${status.until}.`,
        until: new Date(status.until),
      };
      this.#unwritten.set(key, { request, verdict, status: requestStatus(request, verdict, now) });
    }
  }

  async #deleteOld(now: Date, signal: AbortSignal): Promise<Error[]> {
    const failures: Error[] = [];
    for (const [key, request] of this.#expired(now)) {
      if (!this.#deletions.take(this.#options.clock.monotonicMs())) break;
      const { namespace, name, uid } = request.metadata;
      const failure = await attempt(signal, () =>
        this.#options.client.delete(ownType('PresenceOptimization'), namespace, name, {
          ...(uid ? { uid } : {}),
          signal,
        }),
      );
      if (failure !== undefined) failures.push(failure);
      else {
        this.#over.delete(key);
        this.#unwritten.delete(key);
      }
    }
    return failures;
  }

  *#expired(now: Date): Iterable<[string, PresenceOptimization]> {
    for (const [key, { request, at }] of this.#over) if (at <= now.getTime()) yield [key, request];
    // Requests over the rate may expire before their status is written.
    for (const [key, { request, verdict }] of this.#unwritten) {
      const created = Date.parse(request.metadata.creationTimestamp ?? '');
      if (isRateLimited(verdict) && created + REFUSED_TTL_MS <= now.getTime()) yield [key, request];
    }
  }

  #next(now: Date): Outcome {
    const next = earliest([
      ...[...this.#active.values()].map(({ status }) => Date.parse(status?.until ?? '')),
      ...[...this.#over.values()].map(({ at }) => at),
    ]);
    if (this.#unwritten.size > 0 || next <= now.getTime()) return { kind: 'requeueAfter', ms: NEXT_TOKEN_MS };
    return Number.isFinite(next) ? { kind: 'requeueAt', at: new Date(next) } : { kind: 'done' };
  }

  #record(request: PresenceOptimization): void {
    const at = Date.parse(request.metadata.creationTimestamp ?? '');
    this.#log.tidy(this.#options.clock.now().getTime());
    if (!Number.isNaN(at)) this.#log.record(request.spec.requestedBy, idOf(request), at);
  }

  /** What has an end begins: in memory, so that it is there again after a restart. */
  #begin(key: string, request: PresenceOptimization, verdict: Accepted): void {
    const { holds, disconnects } = this.#options;
    const { holdReplicas, requestedBy: user, disconnect } = request.spec;
    if (verdict.until === undefined) return;
    const until = verdict.until.getTime();
    if (holdReplicas !== undefined)
      holds.set(clusterOf(request), key, { replicas: holdReplicas.replicas, user, until });
    if (disconnect !== undefined) disconnects.set(clusterOf(request), key, { request, verdict });
  }
}

/** An outcome that is also due after some milliseconds. */
function sooner(outcome: Outcome, nextMs: number): Outcome {
  if (outcome.kind === 'requeueAfter') return { ...outcome, ms: Math.min(outcome.ms, nextMs) };
  if (!Number.isFinite(nextMs)) return outcome;
  const after = { kind: 'requeueAfter', ms: nextMs } as const;
  return outcome.kind === 'done' ? after : { ...after, orAt: outcome.at };
}

function clusterOf({ metadata, spec }: PresenceOptimization): string {
  return `${metadata.namespace}/${spec.presenceClusterName}`;
}

function idOf({ metadata }: PresenceOptimization): string {
  return metadata.uid ?? `${metadata.namespace}/${metadata.name}`;
}

function isRateLimited(verdict: Verdict): boolean {
  return verdict.kind === 'refused' && verdict.reason === 'RateLimited';
}

function earliest(times: readonly number[]): number {
  return times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
}

/** The error, unless what was written to is gone: then there is nothing left to do. An aborted signal still throws. */
async function attempt(signal: AbortSignal, act: () => Promise<unknown>): Promise<Error | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return dispositionOf(error) === 'gone' ? undefined : (error as Error);
  }
}
