import { describe, expect, it } from 'vitest';
import { presenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import { scalingStatus as schema } from '../../../api/v1alpha1/scaling-status.ts';
import type { FleetCost } from '../../../domain/autoscaling/cost/fleet-cost.ts';
import { decideReplicas } from '../../../domain/autoscaling/decide.ts';
import { scalingStatus } from '../../load/scaling-status.ts';
import { costStatus } from './cost-status.ts';

const COST: FleetCost = {
  since: Date.parse('2027-06-01T00:05:00Z'),
  hours: 10 + 1 / 60,
  presence: 40.004,
  staticPeak: 100,
  hpa70: 50,
  bestHpa: { podHours: 45, target: 80 },
};
const specOf = (scaling: object) =>
  presenceClusterSpec.parse({
    timeZone: 'UTC',
    presence: { resources: { requests: { cpu: '1', memory: '1Gi' } } },
    scaling: { mode: 'Full', ...scaling },
  });

describe('the cost in status', () => {
  it('is pod-hours, and money at the prices of the spec', () => {
    const spec = specOf({ cost: { currency: 'EUR', cpuHour: 0.04, memoryGibHour: 0.01 } });
    expect(costStatus(spec, COST)).toEqual({
      since: '2027-06-01T00:05:00Z',
      hours: 10.02,
      currency: 'EUR',
      presence: { podHours: 40, amount: 2 },
      staticPeak: { podHours: 100, amount: 5 },
      hpa70: { podHours: 50, amount: 2.5 },
      bestHpa: { podHours: 45, amount: 2.25, target: 80 },
    });
  });

  it('is pod-hours alone without prices, and names no best where there is none', () => {
    const { bestHpa: _, ...others } = COST;
    expect(costStatus(specOf({}), others)).toEqual({
      since: '2027-06-01T00:05:00Z',
      hours: 10.02,
      presence: { podHours: 40 },
      staticPeak: { podHours: 100 },
      hpa70: { podHours: 50 },
    });
  });

  it('is shown with the decision, at most once a minute while that stays', () => {
    const spec = specOf({});
    const now = Date.parse('2027-06-05T12:00:00Z');
    const demand = {
      booked: undefined,
      forecast: undefined,
      lead: { seconds: 285, samples: 0 },
      report: { connections: 10, pods: 2, silent: 0, at: now },
      memory: { higher: [], changes: [] },
    };
    const at = (ms: number) => decideReplicas({ spec, now: new Date(now + ms), current: 5, demand });
    const first = scalingStatus(at(0), demand, undefined, costStatus(spec, COST));
    expect(schema.parse(first).cost?.presence.podHours).toBe(40);
    const later = costStatus(spec, { ...COST, presence: 41 });
    const settled = { ...at(1000), demand: at(0).demand } as ReturnType<typeof at>;
    expect(scalingStatus(settled, demand, first, later)).toBe(first);
    expect(scalingStatus({ ...settled, at: new Date(now + 60_000) }, demand, first, later).cost).toEqual(
      later,
    );
  });
});
