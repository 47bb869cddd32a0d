import { describe, expect, it } from 'vitest';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import {
  observed,
  presenceCluster,
  redisPod,
  wedding,
} from '../../../test/support/presence-cluster-builder.ts';
import type { TopologyPlan } from '../../domain/topology/plan.ts';
import type { RollStep } from '../../domain/topology/roll.ts';
import type { Pod } from '../cluster-state/pod.ts';
import { decide } from './plan/decide.ts';
import type { ReconcilePlan } from './plan/reconcile-plan.ts';
import type { StageTools } from './plan/stage.ts';
import { renewRedisPod } from './redis/maintain-redis.ts';
import { nextInstant, redisDelay } from './requeue.ts';

const { spec } = presenceCluster();
const plan = (state: TopologyPlan['state'], more: Partial<TopologyPlan> = {}): TopologyPlan => ({
  state,
  steps: [],
  reason: '',
  slotsCovered: 16384,
  shards: [],
  lost: [],
  ...more,
});
const none: RollStep = { kind: 'none' };
const renew: RollStep = { kind: 'renew', pod: 'a', because: '' };

const addressed = [{ status: { podIP: '10.0.0.1' } }] as Pod[];

function look(now: string, redisPods: Pod[] = addressed) {
  const seen = { ...observed({ now: new Date(now), weddings: [wedding()] }), redisPods };
  return { observed: seen, decision: decide(seen, spec) };
}

function delay(now: string, plan: TopologyPlan, roll = none, redisPods = addressed): number {
  const { observed, decision } = look(now, redisPods);
  return redisDelay({ observed, decision: { ...decision, plan }, roll }, {});
}

const next = (now: string) => nextInstant(spec, look(now), new Date(now)).toISOString();

const QUIET = '2027-06-05T06:00:00Z';
const step = { kind: 'failover', pod: 'a', mode: 'Force', because: '' } as const;

describe('redisDelay', () => {
  it.each([
    ['a settled cluster', plan('Steady'), none, 5000],
    ['one that needs a human', plan('Degraded'), none, 5000],
    ['steps under way', plan('Healing', { steps: [step] }), none, 200],
    ['steps under way in a degraded cluster', plan('Degraded', { steps: [step] }), none, 200],
    ['a pod being renewed', plan('Steady'), renew, 200],
    ['a failover under way', plan('Steady'), { kind: 'failover', pod: 'a', because: '' } as const, 200],
    ['a roll that waits', plan('Steady'), { kind: 'wait', because: '' } as const, 5000],
    ['nodes that settle', plan('Waiting'), none, 250],
    ['no node at all', plan('Waiting', { slotsCovered: 0 }), none, 1000],
  ])('looks soon again at %s', (_, topology, roll, expected) => {
    expect(delay(QUIET, topology, roll)).toBe(expected);
  });

  it('waits for the watch while there is no pod to ask', () => {
    const pending = [{ status: { phase: 'Pending' } }] as Pod[];
    expect(delay(QUIET, plan('Waiting', { slotsCovered: 0 }), none, pending)).toBe(60_000);
    expect(delay(QUIET, plan('Waiting', { slotsCovered: 0 }), none, [])).toBe(60_000);
  });

  it('does not spin for hours on a roll that a freeze has stopped', () => {
    expect(delay('2027-06-05T12:00:00Z', plan('Steady'), renew)).toBe(5000);
  });
});

describe('redisDelay after a renewal', () => {
  it.each([
    [403, 5000],
    [422, 5000],
    [500, 200],
  ])('does not spin on a pod whose deletion is refused: %i', async (code, expected) => {
    const { observed, decision } = look(QUIET, [redisPod(0, 1)]);
    const pod = observed.redisPods[0]?.metadata.name ?? '';
    const seen = { observed, decision: { ...decision, plan: plan('Steady') }, roll: { ...renew, pod } };
    const client = new MemoryKubeClient();
    client.refuse('delete', `Pod/${pod}`, code);
    const tools = { client, results: { refused: [] } } as unknown as StageTools;
    await expect(renewRedisPod(seen as ReconcilePlan, tools)).rejects.toMatchObject({ code });
    expect(redisDelay(seen, tools.results)).toBe(expected);
  });
});

describe('nextInstant', () => {
  it.each([
    ['a freeze is a minute ahead', '2027-06-05T07:28:58.500Z', '2027-06-05T07:29:00.000Z'],
    ['a freeze begins', '2027-06-05T07:29:58.500Z', '2027-06-05T07:30:00.000Z'],
    ['a freeze ends', '2027-06-06T03:59:59.990Z', '2027-06-06T04:00:00.000Z'],
    ['a peak begins', '2027-06-05T16:59:59Z', '2027-06-05T17:00:00.000Z'],
    ['a peak ends', '2027-06-05T18:59:59Z', '2027-06-05T19:00:00.000Z'],
    ['a month ends', '2027-06-30T22:59:59Z', '2027-06-30T23:00:00.000Z'],
  ])('is when %s', (_, now, expected) => {
    expect(next(now)).toBe(expected);
  });

  it.each(['2027-06-05T07:29:00Z', '2027-06-05T07:30:00Z', '2027-06-06T04:00:00Z', '2027-06-05T17:00:00Z'])(
    'does not count a boundary that is now: %s',
    (now) => {
      expect(Date.parse(next(now))).toBeGreaterThan(Date.parse(now));
    },
  );
});
