import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { PresenceClusterStatus } from '../../api/v1alpha1/presence-cluster-status.ts';
import { type PauseState, pausesHealing, pausesObjects } from '../../domain/pause/pause-at.ts';
import { PRESENCE_FUNCTIONS } from '../../domain/presence-state/function-library.ts';
import type { Outcome, ReconcileContext } from '../../platform/runtime/controller.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import { acceptance } from '../cluster-state/accepted-spec.ts';
import { type Deletion, deletionOf } from '../cluster-state/deletion.ts';
import { gatherCached } from '../cluster-state/gather.ts';
import type { Observed } from '../cluster-state/observed.ts';
import { removeObsoleteCertificate } from '../credentials/cert-manager.ts';
import type { NamespaceFreezes } from '../freeze-clock/namespace-freezes.ts';
import type { ClusterMemories, ClusterMemory } from '../memory/cluster-memory.ts';
import type { ClusterEvents } from '../objects/cluster-events.ts';
import { differs, writeStatus } from '../objects/write-status.ts';
import { nameFunctions } from '../redis/load-functions.ts';
import { applyObjects, pruneObjects } from './apply.ts';
import { isCalm } from './calm.ts';
import { type ObserveSources, observe } from './observe.ts';
import type { DefaultImages } from './plan/build.ts';
import { planReconcile, type ReconcilePlan } from './plan/reconcile-plan.ts';
import { reportRefused } from './plan/send-requests.ts';
import type { Stage, StageTools } from './plan/stage.ts';
import { protectPods } from './protect-pods.ts';
import { publishWindows } from './publish-windows.ts';
import { configureRedis } from './redis/configure-redis.ts';
import { forceLostPods, renewRedisPod, spreadPrimaries, stepRedis } from './redis/maintain-redis.ts';
import { renewReplicaToSpread } from './redis/renew-replica.ts';
import { replaceCertificates } from './redis/replace-certificates.ts';
import { rotateCredentials } from './redis/rotate-credentials.ts';
import { nextInstant, redisDelay, STEADY_MS } from './requeue.ts';
import { restoreLabels } from './restore-labels.ts';
import { deletingStatus } from './status/deleting-status.ts';
import { mayWait } from './status/may-wait.ts';
import { nextConfirmation, withObservedAt } from './status/observed-at.ts';
import { clusterStatus, refusedStatus } from './status/status.ts';
import { maintainClaims } from './volumes/maintain-claims.ts';
import { recreateStatefulSet } from './volumes/recreate-stateful-set.ts';

/**
 * What a reconcile does after it has planned, one stage after the other. A stage that fails holds up none of the others. The order:
 *
 * 1. The freeze windows where the policies read them, and then all objects: Redis pods and Services must exist before Redis can be formed, and what a freeze admits is in the API
 *    server before anything else acts on it. Labels of pods and claims belong to them: without labels neither a Service nor a policy
 *    knows a pod.
 * 2. Redis steps next: they restore service (forming, healing, failover, moving slots), so nothing below may delay them.
 * 3. Certificates, then passwords, which are sent over connections that the certificates protect. Neither restarts a server.
 * 4. The configuration of running servers, which restarts none either.
 * 5. The stages that interrupt servers: first the rollout, then failovers that spread primaries, then new replicas that do. Each
 *    gives way to the ones before it, which it sees in the plan and in the failover log.
 * 6. Pods on lost nodes and the protection from drains. They depend on nothing above, and Redis does not depend on them.
 * 7. Deleting objects comes last, when what was applied above no longer refers to them.
 */
const STAGES: readonly Stage[] = [
  // A pause never weakens a freeze.
  { name: 'publish freeze windows', run: publishWindows },
  { name: 'apply objects', run: applyObjects },
  { name: 'maintain claims', run: maintainClaims, pausedBy: pausesObjects },
  // A pause never weakens a freeze, and the policies know objects by their labels.
  { name: 'restore labels', run: restoreLabels },
  { name: 'step Redis', run: stepRedis, pausedBy: pausesHealing },
  { name: 'replace certificates', run: replaceCertificates, pausedBy: pausesHealing },
  { name: 'remove an obsolete certificate', run: removeCertificate, pausedBy: pausesObjects },
  { name: 'rotate credentials', run: rotateCredentials, pausedBy: pausesHealing },
  { name: 'configure Redis', run: configureRedis, pausedBy: pausesHealing },
  // What follows makes pods start empty, and only healing lets them join again.
  { name: 'recreate a StatefulSet', run: recreateStatefulSet, pausedBy: pausesHealing },
  { name: 'renew a Redis pod', run: renewRedisPod, pausedBy: pausesHealing },
  { name: 'spread primaries', run: spreadPrimaries, pausedBy: pausesHealing },
  { name: 'renew a replica to spread primaries', run: renewReplicaToSpread, pausedBy: pausesHealing },
  { name: 'force lost pods', run: forceLostPods, pausedBy: pausesHealing },
  { name: 'protect pods from drains', run: protectPods },
  { name: 'prune objects', run: pruneObjects, pausedBy: pausesObjects },
];

/** Only a change or the clock brings a change of status. */
const LOOK_AGAIN_MS = 60_000;
/** What fails for longer does not pass by itself. */
const TOLD_AFTER_MS = 60_000;

export interface ClusterReconcilerOptions extends ObserveSources {
  memories: ClusterMemories;
  events: ClusterEvents;
  images: DefaultImages;
  freezes: NamespaceFreezes;
}

/** At least one stage failed; retried whatever the API server answered, because people repair causes. */
class ReconcileIncomplete extends Error {
  readonly disposition = 'backoff';

  constructor(causes: readonly Error[]) {
    super(causes.map(({ message }) => message).join('; '), { cause: causes[0] });
    this.name = 'ReconcileIncomplete';
  }
}

/**
 * Brings one PresenceCluster to its spec: gather, plan, stages, status. The number of presence pods is written by the
 * ScalingReconciler, which waits for no Redis node.
 */
export class ClusterReconciler {
  readonly #options: ClusterReconcilerOptions;

  constructor(options: ClusterReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(key: string, { signal, log }: ReconcileContext): Promise<Outcome> {
    const { stores, memories, clock, client, events, images, zoneData, freezes } = this.#options;
    const cached = stores.clusters.get(key);
    if (cached === undefined) {
      if (memories.find(key) !== undefined) {
        log.info('PresenceCluster is gone');
        await this.#removeWindows(key, signal, log);
      }
      memories.forget(key);
      return { kind: 'done' };
    }
    const memory = memories.of(key);
    memories.refusedWrites.ask(cached);
    const cluster = memory.status.shown(cached);
    const deletion = deletionOf(cluster);
    logNewSpec(log, cluster, deletion);
    if (deletion !== undefined && deletion.kind !== 'Held') {
      // The garbage collector deletes the children, or removes their owner: an apply would undo that.
      const left = gatherCached(stores, cluster, clock.now());
      await this.#writeStatus(cluster, deletingStatus(left, deletion), { memory, signal, isPressing: true });
      return { kind: 'requeueAfter', ms: LOOK_AGAIN_MS };
    }
    const accepted = acceptance(cluster);
    const spec = accepted.serving;
    if (spec === undefined) {
      const status = refusedStatus(cluster, accepted, clock.now(), zoneData.version);
      await this.#writeStatus(cluster, status, { memory, signal, isPressing: true });
      return { kind: 'requeueAfter', ms: LOOK_AGAIN_MS };
    }

    const { observed, admin } = await this.#observe(cluster, spec, memory, signal);
    const same = memory.calm.sameAs(observed, clock.monotonicMs());
    if (same !== undefined && (await nameFunctions(admin, observed.topology, PRESENCE_FUNCTIONS))) {
      return { kind: 'requeueAfter', ms: STEADY_MS, orAt: same.nextInstant };
    }
    memory.calm.forget();
    const plan = planReconcile(observed, accepted, spec, images);
    const tools: StageTools = {
      client,
      admin,
      memory,
      events,
      freezes,
      clock,
      signal,
      results: { refused: [] },
    };
    const failures = reportSecrets(observed, tools);
    failures.push(...reportRefused(cluster, await runStages(plan, tools), tools));
    const status = clusterStatus(plan, tools.results);
    let statusWaitsMs: number | undefined;
    try {
      statusWaitsMs = await this.#writeStatus(cluster, status, { memory, signal });
    } catch (error) {
      signal.throwIfAborted();
      failures.push(...reportRefused(cluster, [error as Error], tools));
    }

    const { decision, roll } = plan;
    log.debug(
      { redis: decision.plan.state, desired: decision.scaling.desired, roll: roll.kind },
      'reconciled',
    );
    if (failures.length > 0) this.#retry(cluster, failures, memory);
    memory.failingSinceMs = undefined;
    const delays = [
      redisDelay(plan, tools.results),
      statusWaitsMs,
      memory.applied.lagMs(clock.monotonicMs()),
    ];
    const ms = Math.min(...delays.filter((delay) => delay !== undefined));
    const orAt = nextInstant(spec, plan, clock.now());
    if (ms === STEADY_MS && isCalm(plan, tools.results, status)) {
      const nextMs = Math.min(orAt.getTime(), nextConfirmation(cluster.status).getTime());
      memory.calm.note(observed, clock.monotonicMs(), new Date(nextMs));
    }
    return { kind: 'requeueAfter', ms, orAt };
  }

  /** Refusals are part of what it returns; it throws when the API server is in trouble. */
  async #observe(
    cluster: PresenceCluster,
    spec: PresenceClusterSpec,
    memory: ClusterMemory,
    signal: AbortSignal,
  ): ReturnType<typeof observe> {
    try {
      return await observe(this.#options, memory, cluster, spec, signal);
    } catch (error) {
      signal.throwIfAborted();
      return this.#retry(cluster, [error as Error], memory);
    }
  }

  /** The RolloutFreeze goes with its owner; an annotation of the Namespace does not. */
  async #removeWindows(key: string, signal: AbortSignal, log: Logger): Promise<void> {
    const { leaseClock, freezes } = this.#options;
    const [namespace = '', name = ''] = key.split('/');
    if ((await leaseClock.look()).kind === 'Off') return;
    try {
      await freezes.write(namespace, name, undefined, signal);
    } catch (error) {
      signal.throwIfAborted();
      // As in publishWindows: without the right nothing of it waits. The next leader sweeps.
      if (!['forbidden', 'terminal'].includes(dispositionOf(error))) throw error;
      log.warn({ err: error }, 'freeze annotations of a PresenceCluster that is gone cannot be removed');
    }
  }

  /**
   * One write per reconcile, and none while the same status was confirmed a short time ago, or while a change may wait.
   *
   * @param isPressing it never waits
   * @returns for how long the change waits, in milliseconds
   */
  async #writeStatus(
    cluster: PresenceCluster,
    status: PresenceClusterStatus,
    {
      memory,
      signal,
      isPressing = false,
    }: { memory: ClusterMemory; signal: AbortSignal; isPressing?: boolean },
  ): Promise<number | undefined> {
    const { client, clock, events, stores } = this.#options;
    const now = clock.now();
    const stamped = withObservedAt(status, cluster.status, { now, clusters: stores.clusters.size });
    const waits = !isPressing && mayWait(stamped, cluster.status);
    const waitMs = waits ? memory.status.waitMs(clock.monotonicMs()) : 0;
    if (waitMs > 0 && differs(cluster, stamped)) return waitMs;
    if (await writeStatus(client, cluster, stamped, signal)) {
      memory.status.note(cluster, stamped, clock.monotonicMs());
    }
    events.conditionsChanged(cluster, status.conditions ?? [], { news: memory.news, now });
    return undefined;
  }

  /** Throws. Does not report errors that pass, or are caused by a namespace being deleted or by another writer being faster. */
  #retry(cluster: PresenceCluster, failures: readonly Error[], memory: ClusterMemory): never {
    const worst = failures.find((error) => dispositionOf(error) !== 'gone');
    if (worst === undefined) throw failures[0] as Error;
    const { clock, events } = this.#options;
    memory.failingSinceMs ??= clock.monotonicMs();
    const isLasting = clock.monotonicMs() - memory.failingSinceMs >= TOLD_AFTER_MS;
    if (isLasting && dispositionOf(worst) !== 'conflict') {
      events.record(cluster, 'ApplyFailed', worst.message);
    }
    throw new ReconcileIncomplete(failures);
  }
}

/** One line for each spec that this operator sees first, so that the log shows what came before a trouble. */
function logNewSpec(
  log: Logger,
  { metadata, status }: PresenceCluster,
  deletion: Deletion | undefined,
): void {
  const { generation } = metadata;
  if (status?.observedGeneration === generation) return;
  if (deletion !== undefined)
    log.info({ generation, deletion: deletion.kind }, 'PresenceCluster is being deleted');
  else if (status === undefined) log.info({ generation }, 'PresenceCluster is new');
  else log.info({ generation }, 'PresenceCluster has another spec');
}

/**
 * Tells of the Secrets that were refused before anything was decided. They come first: pods that do not start are what follows from them.
 *
 * @returns what is to be tried again soon
 */
function reportSecrets({ cluster, refusedSecrets }: Observed, tools: StageTools): Error[] {
  const failures = reportRefused(cluster, refusedSecrets, tools);
  tools.results.refused = [...tools.results.refused, ...failures];
  return failures;
}

/** The stages that run in this pause, or in none. */
export function stagesIn(pause: PauseState): Stage[] {
  return STAGES.filter(({ pausedBy }) => pausedBy?.(pause) !== true);
}

/** Runs every stage that is not paused and returns what failed. Only an aborted signal ends it early. */
async function runStages(plan: ReconcilePlan, tools: StageTools): Promise<Error[]> {
  const failures: Error[] = [];
  for (const { run } of stagesIn(plan.decision.pause)) {
    try {
      await run(plan, tools);
    } catch (error) {
      tools.signal.throwIfAborted();
      failures.push(...(error instanceof AggregateError ? error.errors : [error as Error]));
    }
  }
  return failures;
}

/** The Certificate of cert-manager that another source of certificates has replaced. */
function removeCertificate({ observed }: ReconcilePlan, tools: StageTools): Promise<void> {
  return tools.memory.secrets.forgetAfterWrite(
    removeObsoleteCertificate(tools.client, observed.tls?.obsolete, tools.signal),
  );
}
