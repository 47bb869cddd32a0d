import { build } from 'esbuild';
import type { DashboardHealth } from '../../../src/api/dashboard/health.ts';
import { pageOptions } from '../../../src/bundle/bundle-options.ts';
import { serveDashboard } from '../../../src/cli/dashboard/serve-dashboard.ts';
import type { KubeClient } from '../../../src/platform/kube/client.ts';
import type { Clock } from '../../../src/platform/runtime/clock.ts';
import { repository } from '../../cluster/paths.ts';
import { eventually } from '../../support/eventually.ts';
import type { InstalledKinds } from '../installed-kinds.ts';
import type { Recorded } from './wedding-evening.ts';

const WRITE = { fieldManager: 'test' };
const LISTS_WITHIN_SECONDS = 90;

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

/** Starts the dashboard of a user of the API server, on a clock of the test. It has read every kind that the user may read. */
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
  const token = hash.replace('#token=', '');
  await eventually({ what: 'the first lists', withinSeconds: LISTS_WITHIN_SECONDS }, async () => {
    const { sources } = await healthOf(origin, token);
    return sources.every(({ synced, problem }) => synced || problem?.isForbidden === true);
  });
  return {
    url,
    origin,
    token,
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
}

/** What the dashboard says first to each viewer. */
async function healthOf(origin: string, token: string): Promise<DashboardHealth> {
  const stop = new AbortController();
  const headers = { authorization: `Bearer ${token}` };
  try {
    const { body } = await fetch(`${origin}/api/fleet`, { headers, signal: stop.signal });
    let text = '';
    for await (const chunk of body ?? []) {
      text += Buffer.from(chunk).toString();
      const [, health] = /^event: health\ndata: (.*)\n\n/.exec(text) ?? [];
      if (health !== undefined) return JSON.parse(health) as DashboardHealth;
    }
    throw new Error('the stream ended');
  } finally {
    stop.abort();
  }
}
