import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REDIS_PORT } from '../../../src/domain/resources/ports.ts';
import type { Secret } from '../../../src/operator/credentials/acl-secret.ts';
import { builtin, type KubeObject, type ResourceType } from '../../../src/platform/kube/resource.ts';
import { removeDirectory } from '../../support/remove-directory.ts';
import { type OperatorWorld, PERSON } from './operator-world.ts';

interface StatefulSetSpec {
  template: {
    metadata: { labels: Record<string, string> };
    spec: { volumes: { projected?: { sources: { configMap?: { name: string } }[] } }[] };
  };
  volumeClaimTemplates?: unknown;
}

/** What these pods need of an API server: a client of an administrator, and patience. */
export type RedisPodsWorld = Pick<OperatorWorld, 'client' | 'until'>;

export const PODS = [0, 1, 2].flatMap((shard) => [0, 1].map((ordinal) => ({ shard, ordinal })));

export const textsOf = (object: KubeObject | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries((object as Secret | undefined)?.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString(),
    ]),
  );

function takesConnections(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: REDIS_PORT });
    const end = (connected: boolean) => {
      socket.destroy();
      resolve(connected);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

/** Redis pods of one PresenceCluster `wedsync`: real servers, with the files that the operator made for them. */
export class RedisPods {
  readonly #world: RedisPodsWorld;
  readonly #server: readonly string[];
  readonly #namespace: string;
  #network: string;
  readonly #directory: string;
  /** By shard and ordinal. */
  readonly #processes = new Map<string, ChildProcess>();
  #mounts = 0;

  private constructor(
    world: RedisPodsWorld,
    server: readonly string[],
    namespace: string,
    network: string,
    directory: string,
  ) {
    this.#world = world;
    this.#server = server;
    this.#namespace = namespace;
    this.#network = network;
    this.#directory = directory;
  }

  /** @param network first two bytes of the loopback addresses of the pods */
  static async in(
    world: RedisPodsWorld,
    server: readonly string[],
    namespace: string,
    network: string,
  ): Promise<RedisPods> {
    const directory = await mkdtemp(join(tmpdir(), 'redis-pods-'));
    return new RedisPods(world, server, namespace, network, directory);
  }

  hostOf(shard: number, ordinal: number): string {
    return `${this.#network}.${shard}.${ordinal + 1}`;
  }

  /** The directory that stands for the volume of a pod. */
  volumeOf(shard: number, ordinal: number): string {
    return join(this.#directory, `data-${shard}-${ordinal}`);
  }

  /** All servers are killed and their pods get other addresses; the volumes stay. */
  async moveTo(network: string): Promise<void> {
    await this.#kill();
    this.#network = network;
  }

  /** What the kubelet does with the mounted Secrets, all files at once; one directory serves all pods. */
  async mountSecrets(): Promise<void> {
    const secrets = await Promise.all(
      ['acl', 'tls'].map((name) => this.#made(builtin.Secret, `wedsync-redis-${name}`)),
    );
    const version = join(this.#directory, `mount-${++this.#mounts}`);
    await mkdir(version);
    for (const [name, text] of secrets.flatMap((secret) => Object.entries(textsOf(secret)))) {
      await writeFile(join(version, name), text);
    }
    await symlink(version, join(this.#directory, 'mounted.new'));
    await rename(join(this.#directory, 'mounted.new'), join(this.#directory, 'mounted'));
  }

  /**
   * A server with the configuration that the ConfigMaps say, and the pod that it runs in.
   * @param made the pod is made by the StatefulSet controller
   * @param ready its readiness probe has passed, so it takes connections
   */
  async run(shard: number, ordinal: number, { made = false, ready = true } = {}): Promise<void> {
    const host = this.hostOf(shard, ordinal);
    const data = this.volumeOf(shard, ordinal);
    await mkdir(data, { recursive: true });
    const { client } = this.#world;
    const namespace = this.#namespace;
    const files = await this.#configuration(shard);
    for (const [name, text] of Object.entries(files)) {
      const local = text
        .replaceAll('/etc/redis/config', data)
        .replaceAll(/\/etc\/redis\/(secret|tls)/g, join(this.#directory, 'mounted'))
        .replace('dir /data', `dir ${data}`);
      await writeFile(join(data, name), local);
    }
    const [command = '', ...prefix] = this.#server;
    const argv = [...prefix, join(data, 'redis.conf'), '--bind', host, '--cluster-announce-ip', host];
    this.#processes.set(`${shard}-${ordinal}`, spawn(command, argv, { stdio: 'ignore' }));
    const name = `wedsync-redis-${shard}-${ordinal}`;
    await (made
      ? this.#world.until(`${name} is made`, () => client.get(builtin.Pod, namespace, name))
      : this.#makePod(shard, name));
    if (ready) await this.#world.until(`${name} takes connections`, () => takesConnections(host));
    const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
    const status = { phase: 'Running', podIP: host, podIPs: [{ ip: host }], conditions };
    await client.patch(builtin.Pod, namespace, name, { status }, { ...PERSON, subresource: 'status' });
  }

  /** An object of the operator, as soon as it has made it: one comes after the other. */
  #made(type: ResourceType, name: string): Promise<KubeObject> {
    return this.#world.until(`${type.kind} ${name} is made`, () =>
      this.#world.client.get(type, this.#namespace, name),
    );
  }

  /** The files of the ConfigMaps that the pods of a shard mount. */
  async #configuration(shard: number): Promise<Record<string, string>> {
    const set = await this.#made(builtin.StatefulSet, `wedsync-redis-${shard}`);
    const { volumes } = (set.spec as StatefulSetSpec).template.spec;
    const names = volumes.flatMap(({ projected }) =>
      (projected?.sources ?? []).flatMap(({ configMap }) => configMap?.name ?? []),
    );
    const maps = await Promise.all(names.map((name) => this.#made(builtin.ConfigMap, name)));
    return Object.assign({}, ...maps.map(({ data }) => data)) as Record<string, string>;
  }

  /** SIGKILL: a crash. Its pod stays, as it does until a kubelet has seen it. */
  async kill(shard: number, ordinal: number): Promise<void> {
    const child = this.#processes.get(`${shard}-${ordinal}`);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** What the kubelet does with a container that has crashed: the same command, on the same files. */
  restart(shard: number, ordinal: number): void {
    const child = this.#processes.get(`${shard}-${ordinal}`);
    const [command = '', ...args] = child?.spawnargs ?? [];
    this.#processes.set(`${shard}-${ordinal}`, spawn(command, args, { stdio: 'ignore' }));
  }

  /** What the StatefulSet controller does where there is none, but for the claim. */
  async #makePod(shard: number, name: string): Promise<void> {
    const { client } = this.#world;
    const namespace = this.#namespace;
    const set = await this.#made(builtin.StatefulSet, `wedsync-redis-${shard}`);
    const { template, volumeClaimTemplates } = set.spec as StatefulSetSpec;
    const metadata = { name, namespace, labels: template.metadata.labels };
    const claim = { name: 'data', persistentVolumeClaim: { claimName: `data-${name}` } };
    const volumes = [...template.spec.volumes, ...(volumeClaimTemplates === undefined ? [] : [claim])];
    const spec = { ...template.spec, volumes };
    await client.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec }, PERSON);
  }

  async #kill(): Promise<void> {
    for (const { shard, ordinal } of PODS) await this.kill(shard, ordinal);
    this.#processes.clear();
  }

  async close(): Promise<void> {
    await this.#kill();
    await removeDirectory(this.#directory);
  }
}
