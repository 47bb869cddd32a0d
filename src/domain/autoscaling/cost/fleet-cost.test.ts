import { describe, expect, it } from 'vitest';
import { presenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import type { HistoryStep, LoadHistory } from '../history/load-history.ts';
import { type CostConditions, type FleetCost, fleetCost } from './fleet-cost.ts';
import { podHourPrice } from './pod-price.ts';

const UNTIL = Date.parse('2027-06-05T12:00:00Z');
const STEP_MS = 300_000;
const LIMITS: CostConditions = { capacity: 100, startupSeconds: 120, min: 1, max: 60 };

function reckon(steps: HistoryStep[], limits = LIMITS): FleetCost | undefined {
  const parts = fleetCost({ until: UNTIL, steps }, limits);
  for (;;) {
    const part = parts.next();
    if (part.done === true) return part.value;
  }
}

function steady(steps: number, load: number, pods: number): HistoryStep[] {
  return Array.from({ length: steps }, () => ({ load, booked: 0, pods }));
}

describe('the cost of a fleet', () => {
  it('is that of a hand-worked hour of 700 connections', () => {
    // 61 minutes; a shadow starts with the 7 pods that are needed and sees the load a minute later.
    const minutes = (first: number, later: number) => (first + 60 * later) / 60;
    expect(reckon(steady(13, 700, 9))).toEqual({
      since: UNTIL - 12 * STEP_MS,
      hours: 61 / 60,
      presence: (61 * 9) / 60,
      staticPeak: 7 * (61 / 60),
      hpa70: minutes(7, 10),
      // 700 / 90 a pod are 7.8 pods, a tenth and more above 7.
      bestHpa: { podHours: minutes(7, 8), target: 90 },
    });
  });

  it('counts only the time of which load and pods are known, for all alike', () => {
    const gap = (step: HistoryStep): HistoryStep[] => Array.from({ length: 5 }, () => step);
    const hour = steady(13, 700, 9);
    const noPods = reckon([...hour, ...gap({ load: 5000, booked: 0 }), ...hour]);
    const noLoad = reckon([...hour, ...gap({ load: Number.NaN, booked: 0, pods: 50 }), ...hour]);
    expect(noPods).toEqual(noLoad);
    expect(noPods).toMatchObject({ hours: 122 / 60, presence: (122 * 9) / 60, staticPeak: 7 * (122 / 60) });
  });

  it('begins where pods were first counted', () => {
    const before: HistoryStep[] = Array.from({ length: 100 }, () => ({ load: 5000, booked: 0 }));
    expect(reckon([...before, ...steady(13, 700, 9)])).toEqual(reckon(steady(13, 700, 9)));
  });

  it('is unknown with less than an hour', () => {
    expect(reckon(steady(12, 700, 9))).toBeUndefined();
    expect(reckon(Array.from({ length: 100 }, () => ({ load: 700, booked: 0 })))).toBeUndefined();
    expect(reckon([])).toBeUndefined();
  });

  it('names no best autoscaler where each left people out', () => {
    const steps = [...steady(13, 100, 30), ...steady(13, 3000, 30)];
    expect(reckon(steps, { ...LIMITS, max: 20 })?.bestHpa).toBeUndefined();
    expect(reckon(steps, { ...LIMITS, max: 20 })?.staticPeak).toBeCloseTo(20 * (126 / 60), 9);
  });

  it('of four weeks is reckoned in parts', () => {
    const steps = steady(8064, 700, 9).map((step, at) => ({ ...step, load: 700 + 500 * Math.sin(at / 46) }));
    const history: LoadHistory = { until: UNTIL, steps };
    expect([...fleetCost(history, LIMITS)]).toHaveLength(5);
    const cost = reckon(steps);
    expect(cost?.hours).toBeCloseTo(28 * 24, 0);
    expect(cost?.hpa70).toBeLessThan(cost?.staticPeak ?? 0);
    expect(cost?.bestHpa?.podHours).toBeLessThanOrEqual(cost?.hpa70 ?? 0);
  });
});

describe('the price of a pod', () => {
  const priceOf = (presence: object, cost?: object) =>
    podHourPrice(
      presenceClusterSpec.parse({ timeZone: 'UTC', presence, scaling: cost === undefined ? {} : { cost } }),
    );
  const prices = { cpuHour: 0.04, memoryGibHour: 0.01 };

  it('is its requests × prices', () => {
    const resources = { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '2', memory: '1Gi' } };
    expect(priceOf({ resources }, prices)).toBeCloseTo(0.5 * 0.04 + 0.5 * 0.01, 12);
  });

  it('takes the limit for a request that is left out, as Kubernetes does, and the defaults', () => {
    expect(priceOf({ resources: { limits: { cpu: '2' } } }, prices)).toBeCloseTo(2 * 0.04, 12);
    expect(priceOf({}, prices)).toBeCloseTo(0.05 * 0.04 + (96 / 1024) * 0.01, 12);
  });

  it('is unknown without prices', () => {
    expect(priceOf({})).toBeUndefined();
  });
});
