import { describe, expect, it } from 'vitest';
import { backtest, defaultTrainDays } from './backtest.ts';
import { forecastPolicy } from './forecast-policy.ts';
import { type LoadTrace, SECONDS_A_DAY } from './load-trace.ts';
import { simulatePolicy } from './simulate-policy.ts';
import { tickLoad } from './tick-load.ts';

const CONDITIONS = { capacity: 100, startupSeconds: 600, lagSeconds: 30, tickSeconds: 60, min: 2 };
const STEP_SECONDS = 1800;
const STEPS_A_DAY = SECONDS_A_DAY / STEP_SECONDS;

/** Quiet nights and a sudden evening; the same each day. */
function evenings(days: number): LoadTrace {
  const values = Float64Array.from({ length: days * STEPS_A_DAY }, (_, step) => {
    const hour = ((step % STEPS_A_DAY) * STEP_SECONDS) / 3600;
    return hour >= 18 && hour < 22 ? 2000 : 300;
  });
  return { startSeconds: 0, stepSeconds: STEP_SECONDS, values };
}

function results(trace: LoadTrace, trainDays: number) {
  return new Map(
    backtest({ trace, conditions: CONDITIONS, trainDays }).map((result) => [result.name, result]),
  );
}

describe('backtest', () => {
  const found = results(evenings(21), 10);

  it('runs the promised policies in their order', () => {
    expect([...found.keys()]).toEqual([
      'static',
      ...[50, 60, 70, 80, 90].map((target) => `hpa-${target}`),
      'multipliers',
      'presence',
      'oracle',
    ]);
  });

  it('counts the fleet for the peak as the whole cost', () => {
    // The trace ends with its last row, half an hour before the end of day 21.
    expect(found.get('static')).toMatchObject({ costOfStatic: 100, tauU: 0, actionsPerDay: 0 });
    expect(found.get('static')?.podHours).toBeCloseTo(20 * (11 * 24 - 0.5 + 1 / 60), 6);
  });

  it('sees a daily evening coming, which a reaction cannot', () => {
    expect(found.get('presence')?.tauU).toBe(0);
    expect(found.get('hpa-70')?.tauU).toBeGreaterThan(0.5);
    expect(found.get('presence')?.podHours).toBeLessThan(found.get('hpa-50')?.podHours ?? 0);
  });

  it('orders HorizontalPodAutoscalers by cost and by risk', () => {
    const hpas = [50, 60, 70, 80, 90].map((target) => found.get(`hpa-${target}`));
    for (const [index, hpa] of hpas.entries()) {
      if (index === 0) continue;
      expect(hpa?.podHours).toBeLessThan(hpas[index - 1]?.podHours ?? 0);
      expect(hpa?.tauU).toBeGreaterThanOrEqual(hpas[index - 1]?.tauU ?? 0);
    }
  });

  it('fits the baseline of mode Multipliers to the training days alone', () => {
    // January is 1.2; 18:00 to 20:00 doubles it; 20 pods are needed from 20:00 to 22:00, so ceil(20 / 1.2) = 17.
    const hours = 22 * 21 + 2 * 41;
    expect(found.get('multipliers')?.podHours).toBeCloseTo(11 * hours - 0.5 * 21 + 21 / 60, 6);
    const higher = evenings(21);
    higher.values.fill(2500, 15 * STEPS_A_DAY, 15 * STEPS_A_DAY + 4);
    expect(results(higher, 10).get('multipliers')?.podHours).toBe(found.get('multipliers')?.podHours);
  });

  it('lets no policy know the future, but the oracle and the static fleet', () => {
    const changed = evenings(21);
    const from = 15 * STEPS_A_DAY;
    for (let step = from; step < changed.values.length; step += 1)
      changed.values[step] = (step * 7919) % 3000;
    expect(trail(changed)).toEqual(trail(evenings(21)));

    function trail(trace: LoadTrace): number[] {
      const replicas: number[] = [];
      simulatePolicy({
        load: tickLoad(trace, 0, CONDITIONS.tickSeconds),
        scoreFrom: 0,
        conditions: CONDITIONS,
        policy: forecastPolicy(trace, CONDITIONS, 0),
        onTick: (_, fleet) => replicas.push(fleet.replicas),
      });
      // The straight line towards the first changed row begins a row before it.
      return replicas.slice(0, ((from - 1) * STEP_SECONDS) / CONDITIONS.tickSeconds);
    }
  });

  it.each([
    [1, 1, 'the trace has 1.00 days, and a back-test needs 2 at least'],
    [5, 5, '5 training days leave less than a day of the 5.00 days'],
  ])('refuses %i days with %i to train', (days, trainDays, message) => {
    expect(() => backtest({ trace: evenings(days), conditions: CONDITIONS, trainDays })).toThrow(message);
  });

  it('refuses a tick that would take minutes', () => {
    const conditions = { ...CONDITIONS, tickSeconds: 0.01 };
    expect(() => backtest({ trace: evenings(21), conditions, trainDays: 10 })).toThrow('ticks, at most');
  });

  it('refuses test days without a row', () => {
    const trace = evenings(21);
    trace.values.fill(Number.NaN, 10 * STEPS_A_DAY);
    expect(() => backtest({ trace, conditions: CONDITIONS, trainDays: 10 })).toThrow('no load is recorded');
  });
});

describe('defaultTrainDays', () => {
  it.each([
    [2, 1],
    [9, 4],
    [28, 14],
    [200, 14],
  ])('of %i days, %i', (days, expected) => {
    expect(defaultTrainDays(evenings(days))).toBe(expected);
  });
});
