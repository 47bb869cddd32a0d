import { describe, expect, it } from 'vitest';
import { planOf } from '../../../test/support/condition-plans.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { NOON, presenceCluster, redisPod, wedding } from '../../../test/support/presence-cluster-builder.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import { ClusterMemory } from '../memory/cluster-memory.ts';
import type { ClusterEvents } from '../objects/cluster-events.ts';
import type { ReconcilePlan } from './plan/reconcile-plan.ts';
import type { StageTools } from './plan/stage.ts';
import { protectPods } from './protect-pods.ts';
import { restoreLabels } from './restore-labels.ts';
import { maintainClaims } from './volumes/maintain-claims.ts';

const HOUR_MS = 3_600_000;
/** Reconciles of a Redis Cluster that is not steady are as close as this. */
const EVERY_MS = 2_000;
const MAX_REQUESTS_PER_HOUR = 10;

/** The stage for an hour, with an API server that refuses every write. */
async function anHour(
  stage: (plan: ReconcilePlan, tools: StageTools) => Promise<void>,
  plan: ReconcilePlan,
  code: number,
) {
  const clock = new ManualClock(NOON);
  const writes: string[] = [];
  const refuse = async (_type: unknown, _namespace: string, name: string): Promise<never> => {
    writes.push(name);
    throw new KubeError({ code, reason: 'Refused', message: `${name}: refused by the test` });
  };
  const events: string[] = [];
  const tools = {
    client: { patch: refuse, delete: refuse } as unknown as KubeClient,
    memory: new ClusterMemory(),
    events: { record: (_: unknown, reason: string) => events.push(reason) } as unknown as ClusterEvents,
    clock,
    signal: new AbortController().signal,
    results: { refused: [] },
  } as unknown as StageTools;
  const failures: unknown[] = [];
  for (let passed = 0; passed < HOUR_MS; passed += EVERY_MS) {
    tools.results.refused = [];
    await stage(plan, tools).catch((error) => failures.push(error));
    await clock.advance(EVERY_MS);
  }
  return { writes, events, failures, refused: tools.results.refused };
}

/** One of our labels has another value. */
const redisPods = [redisPod(0, 0, { labels: { [LABEL.managedBy]: 'person' } })];

const CLAIM = { name: 'data-wedsync-redis-0-0', uid: 'u', size: '1Gi' };
const withVolumes = (volumes: object): ReconcilePlan => {
  const plan = planOf({ cluster: presenceCluster() });
  return { ...plan, desired: { ...plan.desired, volumes: volumes as ReconcilePlan['desired']['volumes'] } };
};

describe.each([
  ['labels of a pod', restoreLabels, planOf({ redisPods, presencePods: [] })],
  [
    'annotations of a pod',
    protectPods,
    planOf({ redisPods, presencePods: [], weddings: [wedding()], now: NOON }),
  ],
  [
    'metadata of a claim',
    maintainClaims,
    withVolumes({ change: [{ claim: CLAIM, labels: { a: 'b' }, annotations: {} }], replace: [] }),
  ],
  ['the deletion of a claim', maintainClaims, withVolumes({ change: [], replace: [CLAIM] })],
] as const)('%s, refused for an hour', (_, stage, plan) => {
  it.each([403, 422])('is sent a few times, reported once and shown in status: %i', async (code) => {
    const { writes, events, failures, refused } = await anHour(stage, plan, code);
    expect(writes.length).toBeGreaterThan(1);
    expect(writes.length).toBeLessThanOrEqual(MAX_REQUESTS_PER_HOUR);
    expect(events).toEqual(['ApplyFailed']);
    expect(refused).toHaveLength(1);
    expect(failures).toEqual([]);
  });

  it('is sent again soon when the API server is only busy', async () => {
    const { writes, events } = await anHour(stage, plan, 500);
    expect(writes.length).toBeGreaterThan(MAX_REQUESTS_PER_HOUR);
    expect(events).toEqual([]);
  });
});
