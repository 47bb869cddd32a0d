import { describe, expect, it } from 'vitest';
import { planOf } from '../../../../test/support/condition-plans.ts';
import { NOON, presenceCluster } from '../../../../test/support/presence-cluster-builder.ts';
import { sloStatus as schema } from '../../../api/v1alpha1/slo/slo-status.ts';
import { judgeSlo } from '../../../domain/slo/judge-slo.ts';
import { SloHistory } from '../../../domain/slo/slo-history.ts';
import { NOTHING } from '../../../domain/slo/tally.ts';
import type { SloView } from '../../slo/cluster-slo.ts';
import { sloCondition } from '../conditions/slo-condition.ts';
import { sloStatus } from './slo-status.ts';
import { clusterStatus } from './status.ts';

function viewOf(failed: number): SloView {
  const history = new SloHistory(28);
  history.add(NOON.getTime() - 30_000, { ...NOTHING, updates: { failed, total: 100 } });
  return { state: judgeSlo(history, presenceCluster().spec.slo, NOON.getTime()), leftOut: [] };
}

describe('status.slo', () => {
  it('shows both objectives with every window, and leaves out what was never counted', () => {
    const shown = sloStatus(viewOf(10), undefined);
    expect(schema.parse(shown)).toEqual(shown);
    expect(shown).toEqual({
      since: '2027-06-05T10:59:00Z',
      updates: { objective: 99.9, attainment: 90, budgetLeft: -1000 },
      joins: { objective: 99.95 },
      burnRates: ['5m', '30m', '1h', '6h', '3d'].map((window) => ({ window, updates: 100, joins: 0 })),
      leftOut: [],
    });
  });

  it('stays as it was until a new leader has counted, and names pods meanwhile', () => {
    const before = sloStatus(viewOf(10), undefined);
    expect(sloStatus(undefined, before)).toBe(before);
    const leftOut = [{ pod: 'p', because: 'why' }];
    expect(sloStatus({ state: undefined, leftOut }, before)).toEqual({ ...before, leftOut });
    expect(sloStatus({ state: undefined, leftOut }, undefined)).toBeUndefined();
  });

  it('names so many pods as the schema allows', () => {
    const leftOut = Array.from({ length: 30 }, (_, index) => ({ pod: `p-${index}`, because: 'why' }));
    expect(schema.parse(sloStatus({ ...viewOf(0), leftOut }, undefined)).leftOut).toHaveLength(20);
  });

  it('is part of the status, with its condition, in a freeze and a pause as well', () => {
    const cluster = presenceCluster({
      paused: true,
      freeze: {
        windows: [{ name: 'w', from: '2027-06-05T00:00', until: '2027-06-06T00:00', reason: 'why' }],
      },
    });
    const plan = planOf({ cluster, slo: viewOf(10) });
    const status = clusterStatus(plan);
    expect(status.slo?.updates.attainment).toBe(90);
    expect(status.conditions?.find(({ type }) => type === 'SLOMet')).toMatchObject({
      status: 'False',
      reason: 'FastBurn',
    });
    const next = presenceCluster({}, { status });
    expect(clusterStatus(planOf({ cluster: next })).slo).toEqual(status.slo);
    expect(sloCondition(planOf({ cluster: next }))[0]).toMatchObject({ status: 'False', reason: 'FastBurn' });
  });

  it('has no condition before anything is known', () => {
    expect(sloCondition(planOf())).toEqual([]);
  });
});
