import { describe, expect, it } from 'vitest';
import { presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import {
  MAX_OPEN_OVERRIDES,
  MAX_WEDDINGS_LISTED,
  MAX_WINDOWS,
  rolloutFreezeSpec,
} from '../../api/v1alpha1/rollout-freeze.ts';
import { weddingSpec } from '../../api/v1alpha1/wedding.ts';
import { boundedWindows, toRolloutFreezeWindows } from './rollout-freeze-windows.ts';
import { type FreezeWindow, freezeWindows } from './windows.ts';

const HOUR = 3_600_000;
const NOW = new Date('2027-06-01T00:00:00Z');
const LIMIT_BYTES = 256 * 1024;

const window = (fromHour: number, untilHour: number, weddings: string[] = ['w']): FreezeWindow => ({
  from: new Date(NOW.getTime() + fromHour * HOUR),
  until: new Date(NOW.getTime() + untilHour * HOUR),
  reason: `${weddings.length} weddings`,
  weddings,
  manual: [],
  notListed: 0,
});
const hours = (windows: readonly FreezeWindow[]) =>
  windows.map(({ from, until }) => [from, until].map((at) => (at.getTime() - NOW.getTime()) / HOUR));

describe('boundedWindows', () => {
  it('leaves few windows as they are', () => {
    const windows = [window(1, 2), window(3, 4)];
    expect(boundedWindows(windows, NOW, 2)).toEqual(windows);
  });

  it('joins neighbours over the shortest gap, and says so', () => {
    const windows = [window(400, 401, ['a']), window(410, 411, ['b']), window(412, 413, ['b', 'c'])];
    const [first, joined, ...others] = boundedWindows(windows, NOW, 2);
    expect(others).toEqual([]);
    expect(hours([first, joined] as FreezeWindow[])).toEqual([
      [400, 401],
      [410, 413],
    ]);
    expect(joined).toMatchObject({ weddings: ['b', 'c'], reason: '2 weddings, joined over short gaps' });
  });

  it('keeps the edges of the next two weeks as long as there is room', () => {
    const near = [window(1, 2), window(3, 4)];
    const far = [window(500, 501), window(600, 601), window(700, 701)];
    expect(hours(boundedWindows([...near, ...far], NOW, 4))).toEqual([
      [1, 2],
      [3, 4],
      [500, 501],
      [600, 701],
    ]);
    expect(hours(boundedWindows([...near, ...far], NOW, 2))).toEqual([
      [1, 4],
      [500, 701],
    ]);
  });

  it('never leaves a protected instant open', () => {
    const windows = Array.from({ length: 700 }, (_, index) => window(index * 3, index * 3 + 1 + (index % 2)));
    const bounded = boundedWindows(windows, NOW);
    expect(bounded).toHaveLength(MAX_WINDOWS);
    for (const { from, until } of windows) {
      expect(bounded.some((each) => each.from <= from && until <= each.until)).toBe(true);
    }
  });
});

describe('the size of a RolloutFreeze', () => {
  const bytes = (spec: unknown) => Buffer.byteLength(JSON.stringify(spec));
  const overrides = Array.from({ length: MAX_OPEN_OVERRIDES }, (_, index) => ({
    name: `o${index}`.padEnd(253, 'o'),
    user: 'u'.repeat(256),
    ticket: 't'.repeat(128),
    scope: ['Delete' as const, 'Evict' as const, 'Rollout' as const, 'ScaleIn' as const],
    from: '2027-06-05T20:00:00Z',
    until: '2027-06-05T21:00:00Z',
  }));

  it('is below 256 KiB with every window and every override that fits', () => {
    const full = {
      ...window(
        0,
        1,
        Array.from({ length: MAX_WEDDINGS_LISTED }, () => 'f'.repeat(16)),
      ),
      reason: 'r'.repeat(256),
      notListed: 9980,
    };
    const windows = toRolloutFreezeWindows(Array.from({ length: MAX_WINDOWS }, () => full));
    const spec = { windows, phase: 'Frozen', floor: 1000, heartbeat: '2027-06-05T20:05:00Z', overrides };
    expect(rolloutFreezeSpec.parse(spec)).toEqual(spec);
    expect(bytes(spec)).toBeLessThan(LIMIT_BYTES);
  });

  it('is below 256 KiB with 10,000 weddings, and lists or counts each of them', () => {
    // Short weddings all over the clock and the calendar make as many windows as can be.
    const weddings = Array.from({ length: 10_000 }, (_, index) => ({
      id: index.toString(16).padStart(16, '0'),
      name: `w${index}`,
      spec: weddingSpec.parse({
        date: new Date(NOW.getTime() + (index % 90) * 24 * HOUR).toISOString().slice(0, 10),
        timeZone: 'UTC',
        ceremony: `${String((index % 8) * 3).padStart(2, '0')}:00`,
        ends: `${String((index % 8) * 3 + 1).padStart(2, '0')}:00`,
        team: { catering: 10 },
      }),
    }));
    const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
    const spec = presenceClusterSpec.parse({ timeZone: 'UTC', freeze: { days, before: '0s', after: '0s' } });
    const { windows } = freezeWindows({ spec, weddings, from: NOW, days: 90 });
    expect(windows.length).toBeGreaterThan(MAX_WINDOWS);
    const bounded = boundedWindows(windows, NOW);
    expect(bounded).toHaveLength(MAX_WINDOWS);
    expect(bounded.reduce((sum, each) => sum + each.weddings.length + each.notListed, 0)).toBe(10_000);
    const onTheWire = { windows: toRolloutFreezeWindows(bounded), overrides };
    expect(bytes(rolloutFreezeSpec.parse(onTheWire))).toBeLessThan(LIMIT_BYTES);
  });
});
