import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { PresenceClusterStatus } from '../../api/v1alpha1/presence-cluster-status.ts';
import { CERTIFICATES_VOLUME } from '../../domain/resources/redis-workload.ts';
import type { RedisAdmin } from '../../platform/redis/admin.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Outcome, ReconcileContext } from '../../platform/runtime/controller.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import { keyOf } from '../../platform/runtime/object-key.ts';
import { acceptance } from '../cluster-state/accepted-spec.ts';
import { type ClusterStores, gather, podsOf } from '../cluster-state/gather.ts';
import { childKey, type Observed } from '../cluster-state/observed.ts';
import { isReady, type Pod } from '../cluster-state/pod.ts';
import { loginFor, type RedisAdmins } from '../cluster-state/redis-admins.ts';
import { removeObsoleteCertificate } from '../credentials/cert-manager.ts';
import { ensureSecrets } from '../credentials/secrets.ts';
import { SecretsMemory } from '../credentials/secrets-memory.ts';
import { type KnownLoads, withLoad } from '../load/known-load.ts';
import type { Announcer } from '../objects/announce.ts';
import { writeStatus } from '../objects/write-status.ts';
import { BanWatch } from '../redis/ban-watch.ts';
import type { FailoverLog } from '../redis/failover-log.ts';
import { MoveBackoff } from '../redis/move-backoff.ts';
import { RenewalAttempts } from '../redis/renewal-attempts.ts';
import { readServerConfig } from '../redis/server-config.ts';
import { TakeOverWatch } from '../redis/take-over-watch.ts';
import { type Applier, applyDesired, prune } from './apply.ts';
import { revertedSentence } from './conditions/reverted-finding.ts';
import type { DefaultImages } from './plan/build.ts';
import { type Pass, takePass } from './plan/pass.ts';
import { protectPods } from './protect-pods.ts';
import { CertificateWatches } from './redis/certificate-watches.ts';
import { configureRedis } from './redis/configure-redis.ts';
import { forceLostPods, renewRedisPod, spreadPrimaries, stepRedis } from './redis/maintain-redis.ts';
import { renewReplicaToSpread } from './redis/renew-replica.ts';
import { replaceCertificates } from './redis/replace-certificates.ts';
import { rotateCredentials } from './redis/rotate-credentials.ts';
import { nextInstant, redisDelay } from './requeue.ts';
import { clusterStatus, refusedStatus } from './status/status.ts';

export interface ClusterReconcilerOptions {
  applier: Applier;
  stores: ClusterStores;
  admins: RedisAdmins;
  announcer: Announcer;
  failovers: FailoverLog;
  images: DefaultImages;
  known?: KnownLoads;
  /** Kinds that cannot be watched, each with the reason. */
  unseen?: () => readonly string[];
  /** Version of the IANA time zone data of this process. */
  zoneData: string;
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

/**
 * Brings one PresenceCluster to its spec: gather → decide → build → apply → status. The number of presence pods is
 * written by the ScalingReconciler, which waits for no Redis node.
 */
export class ClusterReconciler {
  readonly #options: ClusterReconcilerOptions;
  readonly #secrets = new SecretsMemory();
  readonly #takeOvers = new TakeOverWatch();
  readonly #moves = new MoveBackoff();
  readonly #bans = new BanWatch();
  readonly #renewals = new RenewalAttempts();
  readonly #certificates = new CertificateWatches();

  constructor(options: ClusterReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(key: string, { signal, log }: ReconcileContext): Promise<Outcome> {
    const { stores, admins, failovers, clock, applier, images, zoneData } = this.#options;
    const cluster = stores.clusters.get(key) as unknown as PresenceCluster | undefined;
    if (cluster === undefined || cluster.metadata.deletionTimestamp !== undefined) {
      // Owner references do the deleting; only what we hold in memory is left to end.
      admins.forget(key);
      failovers.forget(key);
      this.#takeOvers.forget(key);
      this.#moves.forget(key);
      this.#bans.forget(key);
      this.#renewals.forget(key);
      this.#certificates.forget(key);
      this.#secrets.forget(key);
      applier.applied.forget(key);
      return { kind: 'done' };
    }
    const accepted = acceptance(cluster);
    const spec = accepted.serving;
    if (spec === undefined) {
      await this.#writeStatus(cluster, refusedStatus(cluster, accepted, clock.now(), zoneData), signal);
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
    const pods = podsOf(stores, cluster);
    const servers = pods.filter(isRedisServer);
    const serversRun = servers.length > 0;
    const certificatesRun = servers.some(hasCertificates);
    const now = clock.now();
    const secrets = await this.#secrets.get(
      key,
      cluster,
      { nowMs: clock.monotonicMs(), trouble: pods.some((pod) => !isReady(pod)) },
      () =>
        ensureSecrets({ client: applier.client, cluster, spec, serversRun, certificatesRun, now, signal }),
    );
    const { redis, signingProblem, tls } = secrets;
    const login = spec.redis.tls === undefined ? { redis } : { redis, ...(tls ? { tls } : {}) };
    const admin = admins.get(key, loginFor(cluster, login, admins.loginOf(key)));
    const observed = await gather(stores, cluster, admin, now);
    const lastFailover = failovers.last(key);
    const moveRefused = this.#moves.held(key, clock.now());
    const runningConfig = await readServerConfig(admin, observed.topology);
    const topology = this.#bans.mark(key, observed.topology, runningConfig, clock.monotonicMs());
    const certificateServers = await this.#certificates.look(
      key,
      admin,
      observed,
      { state: tls, isShown: spec.redis.tls !== undefined },
      clock.monotonicMs(),
    );
    return {
      observed: {
        ...withLoad(this.#options.known ?? {}, spec, observed),
        renewals: this.#renewals.known(key, now),
        unseen: this.#options.unseen?.() ?? [],
        zoneData: this.#options.zoneData,
        ...(signingProblem ? { signingProblem } : {}),
        aclSecret: redis,
        ...(tls ? { tls, certificateServers } : {}),
        runningConfig,
        topology,
        ...(lastFailover ? { lastFailover } : {}),
        ...(moveRefused ? { moveRefused } : {}),
      },
      admin,
    };
  }

  /** Does everything that was decided. A stage that fails holds up none of the others: the errors come back. */
  async #act(pass: Pass, admin: RedisAdmin, signal: AbortSignal): Promise<Error[]> {
    const { applier, announcer, failovers, clock } = this.#options;
    const { observed, desired } = pass;
    const takeOvers = this.#takeOvers;
    const [moves, bans] = [this.#moves, this.#bans];
    const redis = { client: applier.client, admin, announcer, failovers, takeOvers, moves, bans, clock };
    const failures = await this.#apply(pass, signal);
    const refused = [...failures];
    const attempt = async (stage: Promise<void>): Promise<void> => {
      try {
        await stage;
      } catch (error) {
        signal.throwIfAborted();
        failures.push(error as Error);
      }
    };
    await attempt(stepRedis(redis, pass));
    await attempt(this.#writeSecret(pass, replaceCertificates(redis, pass, signal)));
    await attempt(
      this.#writeSecret(pass, removeObsoleteCertificate(applier.client, pass.observed.tls?.obsolete, signal)),
    );
    let waitsFor: string | undefined;
    const rotating = rotateCredentials(redis, pass, signal).then((rotated) => {
      waitsFor = rotated.waitsFor;
      return rotated.written;
    });
    await attempt(this.#writeSecret(pass, rotating));
    await attempt(configureRedis(redis, pass));
    await attempt(renewRedisPod(redis, pass, signal));
    await attempt(spreadPrimaries(redis, pass));
    await attempt(renewReplicaToSpread(redis, this.#renewals, pass, signal));
    await attempt(forceLostPods(redis, pass, signal));
    await attempt(protectPods(applier.client, pass, signal));
    failures.push(...(await prune(applier, observed, desired, signal)));
    await attempt(this.#writeStatus(observed.cluster, clusterStatus(pass, refused, waitsFor), signal));
    return failures;
  }

  /** What was read of the Secret is old once it was written, by us or, after a conflict, by somebody else. */
  async #writeSecret({ observed }: Pass, writing: Promise<boolean>): Promise<void> {
    const key = keyOf(observed.cluster);
    try {
      if (await writing) this.#secrets.forget(key);
    } catch (error) {
      this.#secrets.forget(key);
      throw error;
    }
  }

  async #apply({ observed, desired }: Pass, signal: AbortSignal): Promise<Error[]> {
    const { applier, announcer } = this.#options;
    const { accepted, refused } = await applyDesired(applier, observed, desired, signal);
    const sent = desired.workloads.filter(
      ({ manifest, released }) => released && accepted.has(childKey(manifest)),
    );
    for (const revision of desired.revisions) {
      const isSent = sent.some(
        ({ manifest }) => manifest.metadata.labels[LABEL.component] === revision.component,
      );
      for (const note of isSent ? revertedSentence(revision) : [])
        announcer.event(observed.cluster, 'RolloutReverted', note);
    }
    for (const { manifest } of sent) {
      const workload = childKey(manifest);
      announcer.event(observed.cluster, 'RolloutReleased', `${workload} gets a new pod template`);
    }
    return refused;
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

/** Its server was started with certificates. */
function hasCertificates({ spec }: Pod): boolean {
  return spec.volumes?.some(({ name }) => name === CERTIFICATES_VOLUME) ?? false;
}

/** Its server may be running, with the passwords of the Secret. */
function isRedisServer({ metadata, status }: Pod): boolean {
  return metadata.labels?.[LABEL.component] === 'redis' && status?.podIP !== undefined;
}
