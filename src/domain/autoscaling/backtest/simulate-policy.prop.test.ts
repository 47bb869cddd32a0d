import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hpaPolicy, oraclePolicy, staticPolicy } from './reactive-policies.ts';
import { simulatePolicy } from './simulate-policy.ts';

const loads = fc
  .array(fc.integer({ min: 0, max: 5000 }), { minLength: 40, maxLength: 200 })
  .map((values) => Float64Array.from(values));

const conditions = fc.record({
  capacity: fc.integer({ min: 1, max: 300 }),
  startupSeconds: fc.integer({ min: 0, max: 450 }),
  lagSeconds: fc.constantFrom(0, 15, 30, 90),
  tickSeconds: fc.constant(15),
  min: fc.integer({ min: 1, max: 5 }),
});

/** Longer than any start-up time above: the oracle cannot help what comes before its first pod is ready. */
const SETTLE_TICKS = 30;

describe('policies on any load', () => {
  it('the oracle never has too few pods (36)', () => {
    fc.assert(
      fc.property(loads, conditions, (load, setting) => {
        const policy = oraclePolicy(load, setting);
        const result = simulatePolicy({ load, scoreFrom: SETTLE_TICKS, conditions: setting, policy });
        expect(result).toMatchObject({ tauU: 0, thetaU: 0, unserved: 0 });
      }),
    );
  });

  it('no policy without too few pods is cheaper than the oracle with pods that start at once', () => {
    fc.assert(
      fc.property(loads, conditions, fc.integer({ min: 30, max: 95 }), (load, setting, target) => {
        const now = { ...setting, startupSeconds: 0 };
        const input = { load, scoreFrom: SETTLE_TICKS, conditions: now };
        const best = simulatePolicy({ ...input, policy: oraclePolicy(load, now) });
        const other = simulatePolicy({ ...input, policy: hpaPolicy(now, target / 100) });
        if (other.tauU === 0) expect(other.podHours).toBeGreaterThanOrEqual(best.podHours);
      }),
    );
  });

  it('HorizontalPodAutoscalers do not know the future', () => {
    fc.assert(
      fc.property(loads, loads, conditions, fc.integer({ min: 1, max: 39 }), (one, other, setting, from) => {
        const changed = one.map((value, tick) =>
          tick < from ? value : (other[tick % other.length] as number),
        );
        expect(trail(changed, setting, from)).toEqual(trail(one, setting, from));
      }),
    );
  });

  it('a fleet for the peak is never too small', () => {
    fc.assert(
      fc.property(loads, conditions, (load, setting) => {
        const policy = staticPolicy(Math.ceil(Math.max(...load) / setting.capacity));
        const result = simulatePolicy({ load, scoreFrom: SETTLE_TICKS, conditions: setting, policy });
        expect(result).toMatchObject({ tauU: 0, unserved: 0, actionsPerDay: 0 });
      }),
    );
  });
});

function trail(load: Float64Array, setting: Parameters<typeof hpaPolicy>[0], until: number): number[] {
  const replicas: number[] = [];
  simulatePolicy({
    load,
    scoreFrom: 0,
    conditions: setting,
    policy: hpaPolicy(setting, 0.7),
    onTick: (_, fleet) => replicas.push(fleet.replicas),
  });
  return replicas.slice(0, until);
}
