import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import type { PresenceClusterStatus } from '../../api/v1alpha1/presence-cluster-status.ts';
import { PRESENCE_FUNCTIONS } from '../../domain/presence-state/function-library.ts';
import type { RollStep } from '../../domain/topology/roll.ts';

import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import type { RedisAdmin } from '../../platform/redis/admin.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Outcome, ReconcileContext } from '../../platform/runtime/controller.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import { contentHash } from '../content-hash.ts';
import { addressesOf, executeSteps } from '../redis/execute.ts';
import { loadFunctions } from '../redis/load-functions.ts';
import { acceptance } from './accepted-spec.ts';
import type { Announcer } from './announce.ts';
import { type Applier, applyDesired, applyReplicas, prune } from './apply.ts';
import { build, type DefaultImages } from './build.ts';
import { type ClusterDecision, decide } from './decide.ts';
import type { Pass } from './findings.ts';
import { type ClusterStores, gather } from './gather.ts';
import type { Observed } from './observed.ts';
import type { RedisAdmins } from './redis-admins.ts';
import { requeueAfter } from './requeue.ts';
import { redisRollStep } from './roll-redis.ts';
import { ensureSecrets } from './secrets.ts';
import { clusterStatus, refusedStatus } from './status.ts';

export interface ClusterReconcilerOptions {
  applier: Applier;
  stores: ClusterStores;
  admins: RedisAdmins;
  announcer: Announcer;
  images: DefaultImages;
  clock: Clock;
}

/** Some objects could not be applied; a retryable error whatever the API server thought of them. */
class ReconcileIncomplete extends Error {
  readonly disposition = 'backoff';

  constructor(causes: Error[]) {
    super(causes.map(({ message }) => message).join('; '), { cause: causes[0] });
    this.name = 'ReconcileIncomplete';
  }
}

/** Brings one PresenceCluster to its spec: gather → decide → build → apply → status. */
export class ClusterReconciler {
  readonly #options: ClusterReconcilerOptions;

  constructor(options: ClusterReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(key: string, { signal, log }: ReconcileContext): Promise<Outcome> {
    const { stores, admins, clock, applier, images, announcer } = this.#options;
    const cluster = stores.clusters.get(key) as unknown as PresenceCluster | undefined;
    if (cluster === undefined || cluster.metadata.deletionTimestamp !== undefined) {
      // Owner references do the deleting; only our connections are left to end.
      admins.forget(key);
      return { kind: 'done' };
    }
    const accepted = acceptance(cluster);
    const spec = accepted.serving;
    if (spec === undefined) {
      await this.#writeStatus(cluster, refusedStatus(cluster, accepted, clock.now()), signal);
      return { kind: 'done' };
    }
    const secrets = await ensureSecrets(applier.client, cluster, spec, signal);
    const admin = admins.get(key, secrets.operatorPassword);
    const observed: Observed = {
      ...(await gather(stores, cluster, admin, clock.now())),
      ...(secrets.signingProblem ? { signingProblem: secrets.signingProblem } : {}),
    };
    const decision = decide(observed, spec);
    const desired = build(observed, spec, decision, images);
    const roll = redisRollStep(observed, decision.plan);
    const pass: Pass = { observed, acceptance: accepted, decision, desired, roll };

    const refused = await applyDesired(applier, observed, desired, signal);
    for (const { manifest } of desired.workloads.filter(({ released }) => released)) {
      announcer.event(
        cluster,
        'RolloutReleased',
        `${manifest.kind} ${manifest.metadata.name} gets a new pod template`,
      );
    }
    await this.#scale(pass, signal);
    await this.#stepRedis(observed, decision, admin);
    await this.#renewRedisPod(pass, admin, signal);
    await prune(applier, observed, desired, signal);
    await this.#writeStatus(cluster, clusterStatus(pass), signal);
    log.debug(
      { redis: decision.plan.state, desired: decision.scaling.desired, roll: roll.kind },
      'reconciled',
    );
    if (refused.length > 0) return this.#retry(cluster, refused);
    return { kind: 'requeueAfter', ms: requeueAfter(spec, decision, roll, clock.now()) };
  }

  /** Scaling and healing have been done; what was refused is tried again, also what looks hopeless. */
  #retry(cluster: PresenceCluster, refused: Error[]): never {
    const [first] = refused as [Error];
    if (refused.every((error) => dispositionOf(error) === 'gone')) throw first;
    this.#options.announcer.event(cluster, 'ApplyFailed', first.message);
    throw new ReconcileIncomplete(refused);
  }

  async #scale({ observed, decision }: Pass, signal: AbortSignal): Promise<void> {
    const { client } = this.#options.applier;
    const wanted = decision.scaling.write;
    const replaced = await applyReplicas(client, observed, wanted, signal);
    if (replaced === undefined) return;
    const note = `presence pods ${replaced} → ${wanted}: ${decision.scaling.because}`;
    this.#options.announcer.event(observed.cluster, 'Scaled', note);
  }

  /** Forming and healing never wait for a freeze. */
  async #stepRedis(observed: Observed, { plan }: ClusterDecision, admin: RedisAdmin): Promise<void> {
    const { announcer } = this.#options;
    if (plan.state === 'Steady') {
      await loadFunctions(admin, observed.topology, PRESENCE_FUNCTIONS);
    }
    if (plan.steps.length === 0) return;
    announcer.event(observed.cluster, 'RedisStep', `${plan.reason} (${plan.steps.length} steps)`);
    for (const result of await executeSteps(admin, plan.steps, addressesOf(observed.topology))) {
      if (result.outcome === 'Failed')
        announcer.event(observed.cluster, 'RedisStepFailed', result.error.message);
    }
  }

  /** Renewing waits for a freeze to end, also when it has begun already. */
  async #renewRedisPod(
    { observed, decision, roll }: Pass,
    admin: RedisAdmin,
    signal: AbortSignal,
  ): Promise<void> {
    const { announcer, applier } = this.#options;
    if (decision.freeze.active) return;
    const { cluster } = observed;
    if (roll.kind === 'renew') {
      const pod = observed.redisPods.find(({ metadata }) => metadata.name === roll.pod);
      if (!pod) return;
      announcer.event(cluster, 'RedisPodRenewed', roll.because);
      await applier.client.delete(builtin.Pod, cluster.metadata.namespace, roll.pod, {
        uid: pod.metadata.uid,
        signal,
      });
    }
    if (roll.kind === 'failover') await this.#handOver(observed, roll, admin);
  }

  async #handOver(
    observed: Observed,
    roll: RollStep & { kind: 'failover' },
    admin: RedisAdmin,
  ): Promise<void> {
    const { announcer } = this.#options;
    announcer.event(observed.cluster, 'RedisHandOver', `${roll.pod} takes over: ${roll.because}`);
    const step = { kind: 'failover', pod: roll.pod, mode: 'Graceful', because: roll.because } as const;
    const [result] = await executeSteps(admin, [step], addressesOf(observed.topology));
    if (result?.outcome === 'Failed')
      announcer.event(observed.cluster, 'RedisStepFailed', result.error.message);
  }

  /** One write a pass, and none when nothing changed. */
  async #writeStatus(
    cluster: PresenceCluster,
    status: PresenceClusterStatus,
    signal: AbortSignal,
  ): Promise<void> {
    if (contentHash(status) === contentHash(cluster.status ?? {})) return;
    const { name, namespace } = cluster.metadata;
    const object = {
      apiVersion: cluster.apiVersion,
      kind: cluster.kind,
      metadata: { name, namespace },
      status,
    } as unknown as KubeObject;
    await this.#options.applier.client.applyStatus(object, { fieldManager: FIELD_MANAGER.operator, signal });
    this.#options.announcer.conditions(cluster, status.conditions ?? []);
  }
}
