import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { PresenceClusterStatus } from '../../api/v1alpha1/presence-cluster-status.ts';
import type { RedisAdmin } from '../../platform/redis/admin.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Outcome, ReconcileContext } from '../../platform/runtime/controller.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import type { FailoverLog } from '../redis/failover-log.ts';
import { writeStatus } from '../write-status.ts';
import { acceptance } from './accepted-spec.ts';
import type { Announcer } from './announce.ts';
import { type Applier, applyDesired, applyReplicas, prune } from './apply.ts';
import type { DefaultImages } from './build.ts';
import { type ClusterStores, gather } from './gather.ts';
import { renewRedisPod, spreadPrimaries, stepRedis } from './maintain-redis.ts';
import { childKey, type Observed } from './observed.ts';
import { type Pass, takePass } from './pass.ts';
import type { RedisAdmins } from './redis-admins.ts';
import { nextInstant, redisDelay } from './requeue.ts';
import { ensureSecrets } from './secrets.ts';
import { SecretsMemory } from './secrets-memory.ts';
import { clusterStatus, refusedStatus } from './status.ts';

export interface ClusterReconcilerOptions {
  applier: Applier;
  stores: ClusterStores;
  admins: RedisAdmins;
  announcer: Announcer;
  failovers: FailoverLog;
  images: DefaultImages;
  clock: Clock;
}

/** Something was refused; worth another try whatever the API server thought of it, because people repair causes. */
class ReconcileIncomplete extends Error {
  readonly disposition = 'backoff';

  constructor(causes: readonly Error[]) {
    super(causes.map(({ message }) => message).join('; '), { cause: causes[0] });
    this.name = 'ReconcileIncomplete';
  }
}

/** Brings one PresenceCluster to its spec: gather → decide → build → apply → status. */
export class ClusterReconciler {
  readonly #options: ClusterReconcilerOptions;
  readonly #secrets = new SecretsMemory();

  constructor(options: ClusterReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(key: string, { signal, log }: ReconcileContext): Promise<Outcome> {
    const { stores, admins, failovers, clock, applier, images } = this.#options;
    const cluster = stores.clusters.get(key) as unknown as PresenceCluster | undefined;
    if (cluster === undefined || cluster.metadata.deletionTimestamp !== undefined) {
      // Owner references do the deleting; only what we hold in memory is left to end.
      admins.forget(key);
      failovers.forget(key);
      this.#secrets.forget(key);
      applier.applied.forget(key);
      return { kind: 'done' };
    }
    const accepted = acceptance(cluster);
    const spec = accepted.serving;
    if (spec === undefined) {
      await this.#writeStatus(cluster, refusedStatus(cluster, accepted, clock.now()), signal);
      return { kind: 'done' };
    }
    const { observed, admin } = await this.#observe(key, cluster, spec, signal);
    const pass = takePass(observed, accepted, spec, images);
    const failures = await this.#act(pass, admin, signal);
    const { decision, roll } = pass;
    log.debug(
      { redis: decision.plan.state, desired: decision.scaling.desired, roll: roll.kind },
      'reconciled',
    );
    if (failures.length > 0) this.#retry(cluster, failures);
    return { kind: 'requeueAfter', ms: redisDelay(pass), orAt: nextInstant(spec, pass, clock.now()) };
  }

  async #observe(
    key: string,
    cluster: PresenceCluster,
    spec: PresenceClusterSpec,
    signal: AbortSignal,
  ): Promise<{ observed: Observed; admin: RedisAdmin }> {
    const { stores, admins, failovers, clock, applier } = this.#options;
    const { operatorPassword, signingProblem } = await this.#secrets.get(
      key,
      cluster,
      clock.monotonicMs(),
      () => ensureSecrets(applier.client, cluster, spec, signal),
    );
    const admin = admins.get(key, operatorPassword);
    const observed = await gather(stores, cluster, admin, clock.now());
    const lastFailover = failovers.last(key);
    return {
      observed: {
        ...observed,
        ...(signingProblem ? { signingProblem } : {}),
        ...(lastFailover ? { lastFailover } : {}),
      },
      admin,
    };
  }

  /** Does everything that was decided. A stage that fails holds up none of the others: the errors come back. */
  async #act(pass: Pass, admin: RedisAdmin, signal: AbortSignal): Promise<Error[]> {
    const { applier, announcer, failovers, clock } = this.#options;
    const { observed, desired } = pass;
    const redis = { client: applier.client, admin, announcer, failovers, clock };
    const failures = await this.#apply(pass, signal);
    const attempt = async (stage: Promise<void>): Promise<void> => {
      try {
        await stage;
      } catch (error) {
        signal.throwIfAborted();
        failures.push(error as Error);
      }
    };
    await attempt(this.#scale(pass, signal));
    await attempt(stepRedis(redis, pass));
    await attempt(renewRedisPod(redis, pass, signal));
    await attempt(spreadPrimaries(redis, pass));
    failures.push(...(await prune(applier, observed, desired, signal)));
    await attempt(this.#writeStatus(observed.cluster, clusterStatus(pass), signal));
    return failures;
  }

  async #apply({ observed, desired }: Pass, signal: AbortSignal): Promise<Error[]> {
    const { applier, announcer } = this.#options;
    const { accepted, refused } = await applyDesired(applier, observed, desired, signal);
    for (const { manifest, released } of desired.workloads) {
      const workload = childKey(manifest);
      if (!released || !accepted.has(workload)) continue;
      announcer.event(observed.cluster, 'RolloutReleased', `${workload} gets a new pod template`);
    }
    return refused;
  }

  async #scale({ observed, decision }: Pass, signal: AbortSignal): Promise<void> {
    const { applier, announcer } = this.#options;
    const wanted = decision.scaling.write;
    const replaced = await applyReplicas(applier.client, observed, wanted, signal);
    if (replaced === undefined) return;
    const note = `presence pods ${replaced} → ${wanted}: ${decision.scaling.because}`;
    announcer.event(observed.cluster, 'Scaled', note);
  }

  /** One write a pass, and none when nothing changed. */
  async #writeStatus(
    cluster: PresenceCluster,
    status: PresenceClusterStatus,
    signal: AbortSignal,
  ): Promise<void> {
    if (!(await writeStatus(this.#options.applier.client, cluster, status, signal))) return;
    this.#options.announcer.conditions(cluster, status.conditions ?? []);
  }

  /** A namespace that is going away is no news. */
  #retry(cluster: PresenceCluster, failures: readonly Error[]): never {
    const worst = failures.find((error) => dispositionOf(error) !== 'gone');
    if (worst === undefined) throw failures[0] as Error;
    if (dispositionOf(worst) !== 'conflict') {
      this.#options.announcer.event(cluster, 'ApplyFailed', worst.message);
    }
    throw new ReconcileIncomplete(failures);
  }
}
