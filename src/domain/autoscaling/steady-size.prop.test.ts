import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { decideReplicas } from './decide.ts';
import type { Demand } from './demand.ts';
import { NO_MEMORY } from './scaling-memory.ts';
import { stabilize } from './stabilize.ts';

const NOW = Date.parse('2027-06-05T13:00:00Z');
const CAPACITY = 100;
const RUNS = { numRuns: 150 };
/** Before there is a forecast pods are filled to 0.7, and a tenth more or less is left alone. */
const REACTIVE_ONLY = 0.7;

const specOf = (scaling: object) =>
  presenceClusterSpec.parse({
    timeZone: 'UTC',
    presence: { maxConnectionsPerPod: CAPACITY },
    scaling: { mode: 'Full', minReplicas: 1, maxReplicas: 60, baselineReplicas: 1, peaks: [], ...scaling },
  });

const demandOf = (connections: number, now = NOW, memory = NO_MEMORY): Demand => ({
  booked: undefined,
  forecast: undefined,
  lead: { seconds: 285, samples: 0 },
  memory,
  report: { connections, pods: 1, silent: 0, at: now },
});

const decide = (scaling: object, connections = 0) =>
  decideReplicas({
    spec: specOf(scaling),
    now: new Date(NOW),
    current: 1,
    demand: demandOf(connections),
  });

const wholeFactor = fc.integer({ min: 1, max: 10 });

describe('tables of the calendar', () => {
  it('count by their product with the baseline alone: one times as large, the other as small, is the same (16)', () => {
    fc.assert(
      fc.property(wholeFactor, wholeFactor, fc.integer({ min: 1, max: 100 }), (baseline, k, hundredths) => {
        const season = hundredths / 100;
        const pods = (baselineReplicas: number, factor: number) =>
          decide({ baselineReplicas, seasonMultipliers: { 6: factor } }).demand?.pods;
        expect(pods(baseline * k, season)).toEqual(pods(baseline, (hundredths * k) / 100));
      }),
      RUNS,
    );
  });

  it('never ask for more than maxReplicas, and say what was cut (17)', () => {
    const factor = fc.integer({ min: 1, max: 1000 }).map((tenths) => tenths / 10);
    fc.assert(
      fc.property(
        wholeFactor,
        factor,
        factor,
        fc.integer({ min: 1, max: 60 }),
        (baseline, season, peak, max) => {
          const decision = decide({
            baselineReplicas: baseline,
            maxReplicas: max,
            seasonMultipliers: { 6: season },
            peaks: [{ from: '12:00', to: '14:00', multiplier: peak }],
          });
          const computed = Math.ceil(Number((baseline * season * peak).toFixed(6)));
          expect(decision.demand?.pods.Calendar).toBe(computed);
          expect(decision.desired).toBe(Math.min(max, computed));
          const cut = computed > max ? [{ by: 'maxReplicas', from: computed, to: max }] : [];
          expect(decision.clamps).toEqual(cut);
        },
      ),
      RUNS,
    );
  });
});

describe('a load inside the band', () => {
  it('changes nothing, however long and however it moves (22)', () => {
    const share = fc.integer({ min: 91, max: 109 }).map((percent) => percent / 100);
    const shares = fc.array(share, { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 60 }), shares, (current, series) => {
        const spec = specOf({ seasonMultipliers: { 6: 1 } });
        let memory = NO_MEMORY;
        for (const [index, part] of series.entries()) {
          const now = NOW + index * 60_000;
          const connections = Math.round(part * REACTIVE_ONLY * CAPACITY * current);
          const demand = demandOf(connections, now, memory);
          const decision = decideReplicas({ spec, now: new Date(now), current, demand });
          expect(decision.desired).toBe(current);
          memory = decision.demand?.memory ?? memory;
        }
      }),
      RUNS,
    );
  });

  it('is left before pods are removed: a twentieth more than needed stays (22)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 50 }), (needed, more) => {
        const current = needed + more;
        const input = { now: NOW, recommended: needed, kept: needed, promised: 0, windowSeconds: 0 };
        const { replicas } = stabilize({ ...input, current, memory: NO_MEMORY });
        if (current <= 1.05 * needed) expect(replicas).toBe(current);
        else expect(replicas).toBeLessThan(current);
      }),
      RUNS,
    );
  });
});
