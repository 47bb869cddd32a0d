import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_VERSION } from '../../../src/api/schema/group.ts';
import { type ChartOperator, startChartOperator } from './chart-operator.ts';
import { ADMIN, MERGE_PATCH, type PolicyServer, startPolicyServer, until } from './policy-server.ts';
import { ACTORS, apps, budget, core, inSeconds, ours, RIGHTS } from './wedding-world.ts';

const HOUR = 3600;
const ROUNDS = 15;
/** Passes of two PresenceClusters on one machine differ by so much at the median, freeze or not. */
const NOISE_MS = 250;
/** On a slow machine the noise grows with what is measured. */
const NOISE_SHARE = 0.5;
const ANSWER_LIMIT_MS = 60_000;
const POLL_MS = 3;

/** Two PresenceClusters of one operator in one namespace: a freeze is on for one all the time, and never for the other. */
const CLUSTERS = { frozen: 'in-a-freeze', open: 'never-frozen' } as const;
type Side = keyof typeof CLUSTERS;
const SIDES = Object.keys(CLUSTERS) as Side[];

let server: PolicyServer;
let operator: ChartOperator;

const get = async (path: string) => (await server.ask(ADMIN, { method: 'GET', path })).body;
const deployment = (side: Side) => apps('deployments', `${CLUSTERS[side]}-presence`);
const patchSpec = (side: Side, spec: object) =>
  server.must(ADMIN, {
    method: 'PATCH',
    path: ours('presenceclusters', CLUSTERS[side]),
    type: MERGE_PATCH,
    body: { spec },
  });

async function makeCluster(side: Side): Promise<void> {
  const windows = [
    {
      name: 'stock-taking',
      from: inSeconds(-HOUR),
      until: inSeconds(HOUR),
      reason: 'a freeze for this test',
    },
  ];
  const spec = {
    timeZone: 'UTC',
    scaling: { baselineReplicas: 4, seasonMultipliers: { '1': 1 }, peaks: [] },
    freeze: { days: [], windows: side === 'frozen' ? windows : [] },
  };
  const body = { apiVersion: API_VERSION, kind: 'PresenceCluster', metadata: { name: CLUSTERS[side] }, spec };
  await server.must(ADMIN, { method: 'POST', path: ours('presenceclusters'), body });
  await until('made', async () => (await get(deployment(side))).spec !== undefined);
}

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS);
  operator = await startChartOperator(server);
  for (const side of SIDES) await makeCluster(side);
  await until('frozen', async () => {
    const phase = async (side: Side) => (await get(ours('rolloutfreezes', CLUSTERS[side]))).spec?.phase;
    return (await phase('frozen')) === 'Frozen' && (await phase('open')) === 'Open';
  });
});

afterAll(async () => {
  await operator?.stop();
  await server?.stop();
});

/** Milliseconds from what happens until the operator has answered it. */
async function timed(happens: () => Promise<unknown>, answered: () => Promise<boolean>): Promise<number> {
  await happens();
  const begun = performance.now();
  while (!(await answered())) {
    if (performance.now() - begun > ANSWER_LIMIT_MS) throw new Error('no answer');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return performance.now() - begun;
}

/** Both sides by turns, first this one and then that one, so that whatever else the machine does meets both. */
async function bothSides(
  measure: (side: Side, round: number) => Promise<number>,
): Promise<Record<Side, number>> {
  const taken: Record<Side, number[]> = { frozen: [], open: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const side of round % 2 === 0 ? SIDES : [...SIDES].reverse()) {
      taken[side].push(await measure(side, round));
    }
  }
  return { frozen: median(taken.frozen), open: median(taken.open) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** A pod of the ReplicaSet, as the controller makes it and a kubelet takes it away. */
const pod = (side: Side, round: number) => `${CLUSTERS[side]}-presence-7d9f8c5b6d-${round.toString(36)}`;

describe('what a freeze never stops takes as long as without one', () => {
  it.each<[string, (side: Side, round: number) => Promise<number>]>([
    [
      'scale-out by the operator',
      (side, round) =>
        timed(
          () => patchSpec(side, { scaling: { minReplicas: 10 + round } }),
          async () => (await get(deployment(side))).spec.replicas === 10 + round,
        ),
    ],
    [
      'a Service that the operator makes again',
      (side) => {
        const path = core('services', `${CLUSTERS[side]}-presence`);
        const gone = () => server.must(ACTORS.garbageCollector, { method: 'DELETE', path });
        return timed(gone, async () => (await get(path)).spec !== undefined);
      },
    ],
    [
      'a PodDisruptionBudget that the operator makes again',
      (side) => {
        const path = budget(`${CLUSTERS[side]}-presence`);
        const gone = () => server.must(ACTORS.garbageCollector, { method: 'DELETE', path });
        return timed(gone, async () => (await get(path)).spec !== undefined);
      },
    ],
    [
      'a pod that is made, and taken away by its kubelet',
      async (side, round) => {
        const labels = { 'presence.wedsync.io/cluster': CLUSTERS[side] };
        const spec = { containers: [{ name: 'presence', image: 'presence:1' }] };
        const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: pod(side, round), labels }, spec };
        const path = core('pods', '').slice(0, -1);
        const begun = performance.now();
        await server.must(ADMIN, { method: 'POST', path, body });
        const remove = { method: 'DELETE', path: core('pods', pod(side, round)) };
        await server.must(ACTORS.kubelet, { ...remove, body: { gracePeriodSeconds: 0 } });
        return performance.now() - begun;
      },
    ],
  ])('%s', async (what, measure) => {
    const { frozen, open } = await bothSides(measure);
    console.log(`${what}: ${frozen.toFixed(0)} ms in a freeze, ${open.toFixed(0)} ms without`);
    expect(frozen).toBeLessThan(open + Math.max(NOISE_MS, NOISE_SHARE * open));
    expect((await get(ours('presenceclusters', CLUSTERS.frozen))).status.freeze.active).toBe(true);
    expect((await get(ours('presenceclusters', CLUSTERS.open))).status.freeze.active).toBe(false);
  });
});
