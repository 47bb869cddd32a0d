import { describe, expect, it } from 'vitest';
import { cronPods, cronPolicy, fitCronWindows } from './cron-policy.ts';
import type { PolicySetting } from './policy-setting.ts';
import { tickLoad } from './tick-load.ts';

const STEP_SECONDS = 1800;
const CONDITIONS = { capacity: 100, startupSeconds: 60, lagSeconds: 30, tickSeconds: 15, min: 2 };

/** Two weeks of 100 connections, on the third day of each week (a Saturday of 1970) 900 from 14:00 to 22:00. */
function setting(): PolicySetting {
  const values = Float64Array.from({ length: 14 * 48 }, (_, index) => {
    const day = Math.floor(index / 48) % 7;
    const hour = (index % 48) / 2;
    return day === 2 && hour >= 14 && hour < 22 ? 900 : 100;
  });
  const trace = { startSeconds: 0, stepSeconds: STEP_SECONDS, values };
  const load = tickLoad(trace, 6 * 86_400, CONDITIONS.tickSeconds);
  return { trace, conditions: CONDITIONS, load, scoreFrom: 5760, firstTickSeconds: 6 * 86_400 };
}

describe('cronPolicy', () => {
  it('has the windows of the learning days, an hour early', () => {
    const windows = fitCronWindows(setting());
    expect(windows[2]).toEqual({ fromHour: 13, untilHour: 22, pods: 9 });
    expect(windows[3]).toEqual({ fromHour: 0, untilHour: 24, pods: 1 });
    const saturday = 2 * 86_400;
    expect(cronPods(windows, saturday + 13 * 3600)).toBe(9);
    expect(cronPods(windows, saturday + 13 * 3600 - 1)).toBe(1);
    expect(cronPods(windows, saturday + 22 * 3600)).toBe(1);
  });

  it('knows nothing of the days that are scored', () => {
    const changed = setting();
    changed.trace.values.fill(5000, 7 * 48);
    expect(fitCronWindows(changed)).toEqual(fitCronWindows(setting()));
  });

  it('is a floor in the window that the tolerance blurs, and follows the load above it', () => {
    const policy = cronPolicy(setting(), 0.7);
    // The first tick is on the seventh day; the third of the next week begins three days after it.
    const at = (hour: number) => 3 * 86_400 + hour * 3600;
    const seen = (now: number, load: number, replicas: number) =>
      policy.replicas({ now, replicas, metric: { load, pods: replicas, mean: load / replicas } });
    expect(seen(at(13), 100, 2)).toBe(6);
    expect(seen(at(13) + 15, 100, 6)).toBe(9);
    expect(seen(at(13) + 30, 900, 9)).toBe(13);
    const blurred = cronPolicy(setting(), 0.7);
    const quiet = { load: 100, pods: 10, mean: 10 };
    expect(blurred.replicas({ now: at(14), replicas: 10, metric: quiet })).toBe(10);
  });
});
