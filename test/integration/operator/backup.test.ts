import { execFile } from 'node:child_process';
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtin, type KubeObject } from '../../../src/platform/kube/resource.ts';
import { repository } from '../../cluster/paths.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { fencedBlocks } from '../../house/markdown.ts';
import { removeDirectory } from '../../support/remove-directory.ts';
import { OperatorWorld, PERSON, type RunningOperator } from './operator-world.ts';
import { countKeys, writeKeys } from './redis-keys.ts';
import { PODS, RedisPods } from './redis-pods.ts';

/** Names of the page. */
const FROM = 'weddings';
const TO = 'recovery';
/** Of volumes that are copied; a namespace of its own. */
const COPY = 'copy';
const KEYS = 2000;
/** A restored PresenceCluster is whole so long after it was created. */
const WHOLE_WITHIN_MS = 60_000;
const COMMAND_LIMIT_MS = 300_000;
const STORAGE = { redis: { storage: { type: 'Claim', size: '1Gi' } } };

let world: OperatorWorld;
let operator: RunningOperator;
let source: RedisPods;
let target: RedisPods;
let copy: RedisPods;
let desk: string;

beforeAll(async () => {
  const tools = await ensureTools();
  world = await OperatorWorld.start();
  // The clock of the operator stays the real one: the servers check the dates of the certificates of the bus.
  source = await RedisPods.in(world, tools.valkeyServer, FROM, '127.61');
  target = await RedisPods.in(world, tools.valkeyServer, TO, '127.62');
  copy = await RedisPods.in(world, tools.valkeyServer, COPY, '127.63');
  desk = await mkdtemp(path.join(tmpdir(), 'desk-'));
  await writeFile(path.join(desk, 'kubectl'), kubectl(tools.kubectl, tools.valkeyCli));
  await chmod(path.join(desk, 'kubectl'), 0o755);
  operator = world.startOperator();
  // The page creates the other one.
  for (const namespace of [FROM, COPY]) {
    await world.makeNamespace(namespace);
    const metadata = { name: 'default', namespace };
    await world.client.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata }, PERSON);
  }
}, 600_000);

afterAll(async () => {
  await operator?.stop();
  for (const pods of [source, target, copy]) await pods?.close();
  await world?.close();
  if (desk) await removeDirectory(desk);
});

/**
 * The real kubectl, but for `exec`, which needs a kubelet: in a Redis pod the client program runs here against its server, and in a
 * pod that loads, the command runs here on the directory of its volume. A new namespace gets its service account as by the controller.
 */
function kubectl(real: string, valkeyCli: readonly string[]): string {
  const hosts = PODS.map(({ shard, ordinal }) => {
    return `wedsync-redis-${shard}-${ordinal}) HOST=${source.hostOf(shard, ordinal)};;`;
  });
  const volumes = [0, 1, 2].map((shard) => `load-${shard}) VOLUME=${target.volumeOf(shard, 0)};;`);
  return `#!/bin/bash
case " $* " in
  *" exec "*) ;;
  " create namespace "*) ${real} "$@"; exec ${real} -n "$3" create serviceaccount default;;
  *) exec ${real} "$@";;
esac
while [ "$1" != -- ]; do
  case "$1" in
${[...hosts, ...volumes].join('\n')}
  esac
  shift
done
shift
if [ -n "$VOLUME" ]; then mkdir -p "$VOLUME"; exec "\${@//\\/data/$VOLUME}"; fi
[ "$1" = valkey-cli ] || { echo "no program $1" >&2; exit 1; }
shift
exec ${valkeyCli.join(' ')} -h "$HOST" "$@"
`;
}

/** The commands of one section of the page, as they stand there. */
async function commandsOf(heading: string): Promise<string> {
  const text = await readFile(path.join(repository, 'docs/how-to/backup.md'), 'utf8');
  const part = text.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
  const blocks = fencedBlocks(part, 'sh');
  if (blocks.length === 0) throw new Error(`the page has no commands under ${heading}`);
  return blocks.join('\n');
}

async function run(script: string): Promise<string> {
  const env = { KUBECONFIG: world.server.kubeconfig, HOME: desk, PATH: `${desk}:/usr/bin:/bin` };
  const options = { cwd: desk, env, timeout: COMMAND_LIMIT_MS };
  return new Promise((resolve, reject) => {
    execFile('/bin/bash', ['--norc', '-euo', 'pipefail', '-c', script], options, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stdout}${stderr}`)) : resolve(stdout),
    );
  });
}

const aclOf = (namespace: string): Promise<KubeObject | undefined> =>
  world.client.get(builtin.Secret, namespace, 'wedsync-redis-acl');

/** What StatefulSet controller and kubelet do: pods of the StatefulSets with running servers. */
async function startServers(pods: RedisPods, namespace: string): Promise<void> {
  await world.until('the objects are there', async () => (await world.children(namespace)).size >= 17);
  await world.until('the passwords are there', () => aclOf(namespace));
  await pods.mountSecrets();
  await Promise.all(PODS.map(({ shard, ordinal }) => pods.run(shard, ordinal)));
}

const isSteady = (namespace: string) =>
  world.until(`${namespace} is steady`, async () => {
    return (await world.cluster(namespace)).status?.redis?.state === 'Steady';
  });

/** Every shard has a primary and a replica. */
const isWhole = (namespace: string) =>
  world.untilStatus(`${namespace} is whole`, namespace, ({ redis }) => {
    expect(redis).toMatchObject({ state: 'Steady', slotsCovered: 16384 });
    expect(redis?.shards.map(({ replicas }) => replicas.length)).toEqual([1, 1, 1]);
  });

/** What the kubelet does with the pods that load, until the PresenceCluster is created. */
async function runLoaders(): Promise<void> {
  const options = { ...PERSON, subresource: 'status' };
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  await world.until('the PresenceCluster is created', async () => {
    const { items } = await world.client.list(builtin.Pod, { namespace: TO, labelSelector: 'app=load' });
    for (const { metadata } of items) {
      // It may be deleted meanwhile.
      await world.client.patch(builtin.Pod, TO, metadata.name, { status }, options).catch(() => {});
    }
    return world.cluster(TO).catch(() => undefined);
  });
}

async function nodeIds(pods: RedisPods): Promise<string[]> {
  const texts = await Promise.all(
    PODS.map(({ shard, ordinal }) =>
      readFile(path.join(pods.volumeOf(shard, ordinal), 'nodes.conf'), 'utf8'),
    ),
  );
  return texts.map((text) => /^(\w{40}) .*myself/m.exec(text)?.[1] ?? 'none');
}

describe('a backup by the commands of the page', () => {
  it('has the keys of every shard, taken while it serves', async () => {
    await world.makeCluster(FROM, STORAGE);
    await startServers(source, FROM);
    await isSteady(FROM);
    await writeKeys(source, await aclOf(FROM), KEYS);
    await run(await commandsOf('Back up as RDB files'));
    for (const shard of [0, 1, 2]) {
      const file = await readFile(path.join(desk, 'backup', `shard-${shard}.rdb`));
      expect(file.subarray(0, 6).toString()).toMatch(/^(REDIS0|VALKEY)$/);
    }
  });

  it('is restored into another namespace, with other passwords and UIDs, beside the old one', async () => {
    const [before, ids] = [await aclOf(FROM), await nodeIds(source)];
    const restored = run(await commandsOf('Restore into another PresenceCluster'));
    await Promise.race([runLoaders(), restored]);
    const began = performance.now();
    await startServers(target, TO);
    await restored;
    await isSteady(TO);
    const took = performance.now() - began;
    expect(await countKeys(target, await aclOf(TO), KEYS)).toBe(KEYS);
    expect(took).toBeLessThan(WHOLE_WITHIN_MS);

    expect((await aclOf(TO))?.data).not.toEqual(before?.data);
    expect((await world.cluster(TO)).metadata.uid).not.toBe((await world.cluster(FROM)).metadata.uid);
    await isWhole(TO);
    // Neither knows of the other.
    for (const id of await nodeIds(target)) expect(ids).not.toContain(id);
    expect(await countKeys(source, before, KEYS)).toBe(KEYS);
    await isWhole(FROM);
  });

  it('of volumes needs those of the primaries without nodes.conf, as a crash leaves them', async () => {
    const { shards = [] } = (await isWhole(FROM)).redis ?? {};
    await source.moveTo('127.61');
    for (const { index, primary = '' } of shards) {
      const volume = copy.volumeOf(index, 0);
      await cp(source.volumeOf(index, Number(primary.split('-').at(-1))), volume, { recursive: true });
      await rm(path.join(volume, 'nodes.conf'));
    }
    await world.makeCluster(COPY, STORAGE);
    const began = performance.now();
    await startServers(copy, COPY);
    await isSteady(COPY);
    expect(await countKeys(copy, await aclOf(COPY), KEYS)).toBe(KEYS);
    expect(performance.now() - began).toBeLessThan(WHOLE_WITHIN_MS);
  });
});
