import { build } from 'esbuild';
import { pageOptions } from '../../../src/bundle/bundle-options.ts';
import { serveDashboard } from '../../../src/cli/dashboard/serve-dashboard.ts';
import type { KubeClient } from '../../../src/platform/kube/client.ts';
import type { Clock } from '../../../src/platform/runtime/clock.ts';
import { repository } from '../../cluster/paths.ts';
import type { InstalledKinds } from '../installed-kinds.ts';
import type { Recorded } from './wedding-evening.ts';

const WRITE = { fieldManager: 'test' };

/** Puts recorded objects into an API server, with their statuses. */
export async function applyRecorded(client: KubeClient, recorded: readonly Recorded[]): Promise<void> {
  for (const { object, status } of recorded) {
    await client.apply(object, WRITE);
    if (status === undefined) continue;
    const { apiVersion, kind, metadata } = object;
    const { name, namespace = '' } = metadata;
    await client.applyStatus({ apiVersion, kind, metadata: { name, namespace }, status }, WRITE);
  }
}

/** The script of the page, as `npm run build` writes it. */
export async function pageScript(): Promise<Uint8Array> {
  const { outputFiles } = await build({ ...pageOptions(repository, 'dist'), sourcemap: false, write: false });
  return outputFiles?.[0]?.contents ?? new Uint8Array();
}

/** A dashboard that runs. */
export interface RunningDashboard {
  /** Address with the token. */
  url: string;
  origin: string;
  token: string;
  stop(): Promise<void>;
}

/** Starts the dashboard of a user of the API server, on a clock of the test. */
export async function startDashboard(
  kinds: InstalledKinds,
  clock: Clock,
  script: Uint8Array,
  context = 'admin',
): Promise<RunningDashboard> {
  const stop = new AbortController();
  const target = { kubeconfig: kinds.server.kubeconfig, context, allNamespaces: true };
  let ended: Promise<void> = Promise.resolve();
  const url = await new Promise<string>((onReady, onFailure) => {
    ended = serveDashboard({
      clock,
      version: '1.2.3',
      target,
      script,
      signal: stop.signal,
      port: 0,
      onReady,
    });
    ended.catch(onFailure);
  });
  const { origin, hash } = new URL(url);
  return {
    url,
    origin,
    token: hash.replace('#token=', ''),
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
}
