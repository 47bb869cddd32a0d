import { describe, expect, it } from 'vitest';
import { observed, presenceCluster, wedding } from '../../../test/support/presence-cluster-builder.ts';
import type { TopologyPlan } from '../../domain/topology/plan.ts';
import type { RollStep } from '../../domain/topology/roll.ts';
import type { Pod } from '../pod.ts';
import { decide } from './decide.ts';
import { requeueAfter } from './requeue.ts';

const { spec } = presenceCluster();
const plan = (state: TopologyPlan['state'], more: Partial<TopologyPlan> = {}): TopologyPlan => ({
  ...{ state, steps: [], reason: '', slotsCovered: 16384, shards: [] },
  ...more,
});
const none: RollStep = { kind: 'none' };
const renew: RollStep = { kind: 'renew', pod: 'a', because: '' };

const addressed = [{ status: { podIP: '10.0.0.1' } }] as Pod[];

function delay(now: string, topology: TopologyPlan, roll = none, redisPods = addressed): number {
  const at = new Date(now);
  const seen = { ...observed({ now: at, weddings: [wedding()] }), redisPods };
  return requeueAfter(
    spec,
    { observed: seen, decision: { ...decide(seen, spec), plan: topology }, roll },
    at,
  );
}

const QUIET = '2027-06-05T06:00:00Z';
const step = { kind: 'failover', pod: 'a', mode: 'Force', because: '' } as const;

describe('requeueAfter', () => {
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
    expect(delay(QUIET, plan('Waiting', { slotsCovered: 0 }), none, pending)).toBe(5_000);
    expect(delay(QUIET, plan('Waiting', { slotsCovered: 0 }), none, [])).toBe(5_000);
  });

  it('does not spin for hours on a roll that a freeze has stopped', () => {
    expect(delay('2027-06-05T12:00:00Z', plan('Steady'), renew)).toBe(5000);
  });

  it.each([
    ['a freeze begins', '2027-06-05T07:29:58.500Z', 1505],
    ['a freeze ends', '2027-06-06T03:59:59.990Z', 15],
    ['a peak begins', '2027-06-05T16:59:59Z', 1005],
    ['a peak ends', '2027-06-05T18:59:59Z', 1005],
    ['a month ends', '2027-06-30T22:59:59Z', 1005],
  ])('wakes up right after %s', (_, now, expected) => {
    expect(delay(now, plan('Steady'))).toBe(expected);
  });

  it.each(['2027-06-05T07:30:00Z', '2027-06-06T04:00:00Z', '2027-06-05T17:00:00Z'])(
    'does not count a boundary that is now: %s',
    (now) => {
      expect(delay(now, plan('Steady'))).toBe(5000);
    },
  );
});
