import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import { createKubeClient, type KubeClient } from '../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../src/platform/kube/kubeconfig.ts';
import type { KubeObject } from '../../src/platform/kube/resource.ts';
import { systemClock } from '../../src/platform/runtime/clock.ts';
import { type KubeApiServer, type KubeApiServerOptions, startKubeApiServer } from './kube-apiserver.ts';

const ESTABLISH_LIMIT_MS = 60_000;
const POLL_MS = 100;

const CRDS = new URL('../../crds/', import.meta.url);

/** A CustomResourceDefinition of `crds/` as kubectl reads it: YAML 1.1. */
export async function crdFile(plural: string, directory = CRDS): Promise<KubeObject> {
  const text = await readFile(new URL(`${plural}.yaml`, directory), 'utf8');
  return parse(text, { version: '1.1' }) as KubeObject;
}

/** A real API server that serves our kinds, and a client that knows them. */
export interface InstalledKinds {
  server: KubeApiServer;
  client: KubeClient;
  stop(): Promise<void>;
}

export interface InstalledKindsOptions extends KubeApiServerOptions {
  /** Where the CustomResourceDefinitions are, with a slash at its end; those of this working tree when left out. */
  crds?: URL;
}

export async function startWithKinds(options: InstalledKindsOptions = {}): Promise<InstalledKinds> {
  const server = await startKubeApiServer(options);
  const client = createKubeClient({
    config: loadKubeConfig({ path: server.kubeconfig }),
    clock: systemClock,
    types: KINDS,
  });
  const stop = async (): Promise<void> => {
    await client.close();
    await server.stop();
  };
  try {
    for (const kind of KINDS)
      await client.apply(await crdFile(kind.plural, options.crds), { fieldManager: 'test' });
    await established(client);
  } catch (error) {
    await stop();
    throw error;
  }
  return { server, client, stop };
}

async function established(client: KubeClient): Promise<void> {
  const giveUp = systemClock.monotonicMs() + ESTABLISH_LIMIT_MS;
  for (const kind of KINDS) {
    while ((await client.list(kind).catch(() => undefined)) === undefined) {
      if (systemClock.monotonicMs() > giveUp) throw new Error(`${kind.kind} was not established`);
      await systemClock.sleep(POLL_MS);
    }
  }
  // What kubectl goes by is written a moment later, and kubectl remembers for hours what it has read.
  while (!(await isDiscovered(client))) {
    if (systemClock.monotonicMs() > giveUp) throw new Error('the kinds are not in the discovery document');
    await systemClock.sleep(POLL_MS);
  }
}

async function isDiscovered(client: KubeClient): Promise<boolean> {
  const paths = [...new Set(KINDS.map(({ group, version }) => `/apis/${group}/${version}`))];
  const lists = await Promise.all(paths.map((path) => client.raw(path).catch(() => '{}')));
  const names = lists.flatMap((text) =>
    ((JSON.parse(text) as { resources?: { name: string }[] }).resources ?? []).map(({ name }) => name),
  );
  return KINDS.every(({ plural }) => names.includes(plural));
}
