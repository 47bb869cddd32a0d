import { describe, expect, it } from 'vitest';
import {
  IMAGES,
  NOON,
  observed,
  presenceCluster,
} from '../../../../test/support/presence-cluster-builder.ts';
import { acceptance } from '../../cluster-state/accepted-spec.ts';
import { planReconcile } from '../plan/reconcile-plan.ts';
import type { ClusterCondition } from './cluster-condition.ts';
import { limitsCondition } from './limits-condition.ts';

function condition(scaling: Record<string, unknown>, now = NOON): ClusterCondition[] {
  const cluster = presenceCluster({ scaling });
  const accepted = acceptance(cluster);
  if (!accepted.serving) throw new Error('nothing serves');
  return limitsCondition(planReconcile(observed({ cluster, now }), accepted, accepted.serving, IMAGES));
}

describe('CalendarWithinLimits', () => {
  it('is false before pods are cut, and says when, how many and by what arithmetic', () => {
    expect(condition({ baselineReplicas: 4, maxReplicas: 10 }, new Date('2027-01-10T12:00:00Z'))).toEqual([
      {
        type: 'CalendarWithinLimits',
        status: 'False',
        reason: 'AboveMaxReplicas',
        message:
          'In June between 18:00 and 20:00 the calendar asks for ceil(4 × 3 × 2) = 24 pods; maxReplicas is 10: 14 are cut. ' +
          'The next time is 2027-02-01T18:00:00Z: ceil(4 × 1.4 × 2) = 12 pods, 2 are cut.',
      },
    ]);
  });

  it('is true at exactly maxReplicas, and one pod below it is not', () => {
    expect(condition({ baselineReplicas: 4, maxReplicas: 24 })).toMatchObject([{ reason: 'WithinLimits' }]);
    expect(condition({ baselineReplicas: 4, maxReplicas: 23 })).toMatchObject([
      {
        reason: 'AboveMaxReplicas',
        message: expect.stringContaining('maxReplicas is 23: 1 is cut. The next'),
      },
    ]);
  });

  it('says the same until the time has come, and then that it is so now', () => {
    const scaling = { baselineReplicas: 4, maxReplicas: 23 };
    const before = condition(scaling, new Date('2027-06-05T16:59:59Z'));
    expect(before).toEqual(condition(scaling, NOON));
    expect(condition(scaling, new Date('2027-06-05T17:00:00Z'))).toMatchObject([
      { message: expect.stringMatching(/1 is cut\. It is so now\.$/) },
    ]);
  });

  it('names what minDuringWedding asks for in the modes that look at weddings', () => {
    const scaling = { minDuringWedding: 80, maxReplicas: 60 };
    expect(condition({ ...scaling, mode: 'Full' })).toMatchObject([
      {
        status: 'False',
        reason: 'AboveMaxReplicas',
        message: 'While a wedding is on, minDuringWedding asks for 80 pods; maxReplicas is 60: 20 are cut.',
      },
    ]);
    expect(condition(scaling)).toMatchObject([{ status: 'True' }]);
  });

  it('claims nothing in mode Off', () => {
    expect(condition({ mode: 'Off', baselineReplicas: 40, maxReplicas: 10 })).toEqual([]);
  });
});
