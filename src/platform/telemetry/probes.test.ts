import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createProbeServer, type ProbeServer } from './probes.ts';

let synced: boolean;
let server: ProbeServer;
let base: string;

beforeEach(async () => {
  synced = false;
  const metrics = createMetrics({ processMetrics: false });
  metrics.forQueue('pods', () => ({ depth: 7, unfinishedSeconds: 0, longestRunningSeconds: 0 })).added();
  server = createProbeServer({
    port: 0,
    host: '127.0.0.1',
    registry: metrics.registry,
    live: { loop: () => undefined },
    ready: {
      cache: async () => {
        if (!synced) throw new Error('the first list is not complete');
      },
      store: () => undefined,
    },
    log: silentLogger(),
  });
  base = `http://127.0.0.1:${await server.start()}`;
});

afterEach(() => server.stop());

async function get(path: string, method = 'GET'): Promise<[number, string]> {
  const response = await fetch(base + path, { method });
  return [response.status, await response.text()];
}

describe('probes', () => {
  it('fail while a check fails and say why, and pass when it passes', async () => {
    expect(await get('/readyz')).toEqual([
      503,
      '[-]cache failed: the first list is not complete\n[+]store ok\nreadyz failed\n',
    ]);
    synced = true;
    expect(await get('/readyz')).toEqual([200, 'ok\n']);
    expect(await get('/readyz?verbose')).toEqual([200, '[+]cache ok\n[+]store ok\nreadyz passed\n']);
  });

  it('answer for liveness apart from readiness, and for one check by itself', async () => {
    expect(await get('/healthz')).toEqual([200, 'ok\n']);
    expect(await get('/livez')).toEqual([200, 'ok\n']);
    expect((await get('/readyz/store'))[0]).toBe(200);
    expect((await get('/readyz/cache'))[0]).toBe(503);
  });

  it('know no other paths and methods', async () => {
    for (const path of ['/', '/readyz/none', '/readyz/constructor', '/__proto__', '/metrics/x']) {
      expect((await get(path))[0]).toBe(404);
    }
    expect((await get('/healthz', 'POST'))[0]).toBe(405);
  });
});

it('serves metrics under the names of client-go', async () => {
  const [status, text] = await get('/metrics');
  expect(status).toBe(200);
  expect(text).toContain('workqueue_adds_total{name="pods"} 1');
  expect(text).toContain('workqueue_depth{name="pods"} 7');
});

it('goes on when a client leaves in the middle of the metrics', async () => {
  const leave = new AbortController();
  const { body } = await fetch(`${base}/metrics`, { signal: leave.signal });
  leave.abort();
  await expect(body?.getReader().read()).rejects.toThrow();
  const [status, text] = await get('/metrics');
  expect(status).toBe(200);
  expect(text).toContain('workqueue_depth{name="pods"} 7');
});
