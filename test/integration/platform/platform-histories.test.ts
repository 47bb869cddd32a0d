import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { soak } from '../../soak/soak-world.ts';
import { type KubeApiServer, startKubeApiServer } from '../kube-apiserver.ts';

let api: KubeApiServer;

beforeAll(async () => {
  api = await startKubeApiServer();
}, 600_000);

afterAll(() => api?.stop());

/** Short, and rough: four faults a second of every kind. `test/soak` does the same for half an hour. */
const HISTORY = { durationMs: 12_000, leastWrites: 150, faultEveryMs: 250, sampleEveryMs: 1_000 };

describe('reflectors, queue and controller in random histories of changes and faults', () => {
  it.each([1, 2])('tell the truth afterwards, and did all the work (seed %d)', async (seed) => {
    const result = await soak({ api, seed, ...HISTORY });
    expect(result.differences).toEqual([]);
    expect(result.panics).toBe(0);
    expect(result.samples.flatMap(({ unhealthy }) => unhealthy)).toEqual([]);
    expect(result.writes).toBeGreaterThan(50);
    expect(result.reconciles).toBeGreaterThan(50);
  });
});
