import { setTimeout as sleep } from 'node:timers/promises';
import { ownType } from '../../../src/operator/objects/kinds.ts';
import { builtin, type KubeObject, type ResourceType } from '../../../src/platform/kube/resource.ts';
import { PERSON } from './operator-world.ts';
import { PODS, RedisPods, type RedisPodsWorld } from './redis-pods.ts';

/** Pods are scheduled one after the other. */
const BETWEEN_PODS_MS = 150;
/** A pod is scheduled, then its volumes are mounted, then its container runs, then its probe passes. */
const PHASES_MS = { scheduled: 100, creating: 100, running: 1_500, ready: 2_000 } as const;

interface Workload extends KubeObject {
  metadata: KubeObject['metadata'] & { generation?: number };
  spec: { replicas?: number; template: { metadata: { labels: Record<string, string> }; spec: object } };
}

/**
 * What the StatefulSet controller, the Deployment controller, the scheduler and the kubelets write while all pods of one
 * PresenceCluster `wedsync` with three shards start: each pod goes through the phases that a pod has, and each workload counts them.
 */
export class StartingPods {
  readonly #world: RedisPodsWorld;
  readonly #namespace: string;
  readonly #redis: RedisPods;
  /** Pods that are ready, by the name of the workload. */
  readonly #ready = new Map<string, number>();

  private constructor(world: RedisPodsWorld, namespace: string, redis: RedisPods) {
    this.#world = world;
    this.#namespace = namespace;
    this.#redis = redis;
  }

  /**
   * @param server the argv prefix of the Redis server, as `ensureTools()` gives it
   * @param network first two bytes of the loopback addresses of the pods
   */
  static async in(
    world: RedisPodsWorld,
    server: readonly string[],
    namespace: string,
    network: string,
  ): Promise<StartingPods> {
    return new StartingPods(world, namespace, await RedisPods.in(world, server, namespace, network));
  }

  /** Waits for the workloads of the operator and starts the pods that they ask for. */
  async start(): Promise<void> {
    const { client, until } = this.#world;
    const namespace = this.#namespace;
    const { spec } = await this.#workload(builtin.StatefulSet, 'wedsync-redis-0');
    await until('the Secrets are there', async () => {
      const names = secretsOf(spec.template.spec);
      const found = await Promise.all(names.map((name) => client.get(builtin.Secret, namespace, name)));
      return names.length > 0 && found.every((secret) => secret !== undefined);
    });
    await this.#redis.mountSecrets();
    const deployment = await until('the Deployment asks for as many pods as the status says', async () => {
      const cluster = await client.get(ownType('PresenceCluster'), namespace, 'wedsync');
      const { scaling } = (cluster?.status ?? {}) as { scaling?: { desired?: number } };
      const found = await client.get<Workload>(builtin.Deployment, namespace, 'wedsync-presence');
      return scaling?.desired !== undefined && found?.spec.replicas === scaling.desired && found;
    });
    const redis = PODS.map(async ({ shard, ordinal }, index) => {
      await sleep(index * BETWEEN_PODS_MS);
      await this.#startRedis(shard, ordinal);
    });
    const presence = Array.from({ length: deployment.spec.replicas ?? 0 }, async (_, index) => {
      await sleep((PODS.length + index) * BETWEEN_PODS_MS);
      await this.#startPresence(deployment, `wedsync-presence-${index}`);
    });
    await Promise.all([...redis, ...presence]);
  }

  close(): Promise<void> {
    return this.#redis.close();
  }

  async #startRedis(shard: number, ordinal: number): Promise<void> {
    const set = await this.#workload(builtin.StatefulSet, `wedsync-redis-${shard}`);
    const name = `${set.metadata.name}-${ordinal}`;
    await this.#create(set, name);
    await this.#redis.run(shard, ordinal, { made: true, ready: false });
    await this.#becomesReady(builtin.StatefulSet, set, name);
  }

  async #startPresence(deployment: Workload, name: string): Promise<void> {
    await this.#create(deployment, name);
    // Nothing listens there: what the operator reads of pods that serve is not part of this.
    const podIP = '127.0.0.1';
    await this.#status(name, { phase: 'Running', podIP, podIPs: [{ ip: podIP }] });
    await this.#becomesReady(builtin.Deployment, deployment, name);
  }

  /** The phases up to the one in which the container runs. */
  async #create({ spec: { template } }: Workload, name: string): Promise<void> {
    const { client } = this.#world;
    const metadata = { name, namespace: this.#namespace, labels: template.metadata.labels };
    await client.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec }, PERSON);
    await sleep(PHASES_MS.scheduled);
    const scheduled = [{ type: 'PodScheduled', status: 'True' }];
    await this.#status(name, { phase: 'Pending', conditions: scheduled });
    await sleep(PHASES_MS.creating);
    const conditions = [...scheduled, { type: 'Ready', status: 'False' }];
    await this.#status(name, { phase: 'Pending', conditions });
    await sleep(PHASES_MS.running);
  }

  async #becomesReady(type: ResourceType, { metadata, spec }: Workload, pod: string): Promise<void> {
    await sleep(PHASES_MS.ready);
    await this.#status(pod, { conditions: [{ type: 'Ready', status: 'True' }] });
    const { name } = metadata;
    const ready = (this.#ready.get(name) ?? 0) + 1;
    this.#ready.set(name, ready);
    const replicas = type.kind === 'StatefulSet' ? 2 : (spec.replicas ?? 1);
    const counts = { replicas, readyReplicas: ready, availableReplicas: ready, updatedReplicas: replicas };
    const status = { ...counts, observedGeneration: metadata.generation ?? 1 };
    const options = { ...PERSON, subresource: 'status' };
    await this.#world.client.patch(type, this.#namespace, name, { status }, options);
  }

  async #status(pod: string, status: Record<string, unknown>): Promise<void> {
    const options = { ...PERSON, subresource: 'status' };
    await this.#world.client.patch(builtin.Pod, this.#namespace, pod, { status }, options);
  }

  #workload(type: ResourceType, name: string): Promise<Workload> {
    const { client, until } = this.#world;
    return until(`${type.kind}/${name} is there`, () => client.get<Workload>(type, this.#namespace, name));
  }
}

/** Secrets that a pod mounts, also those in a projected volume. */
function secretsOf(spec: object): string[] {
  const text = JSON.stringify(spec);
  return ['wedsync-redis-acl', 'wedsync-redis-tls'].filter((name) => text.includes(`"${name}"`));
}
