import { describe, expect, it } from 'vitest';
import type { Timeline } from '../../api/dashboard/timeline.ts';
import { plotData, readingAt } from './plot-data.ts';

const step = (at: string, pods: number) => ({ at, pods, floor: 1, because: `${pods} by the calendar` });
const TIMELINE: Timeline = {
  from: '2027-06-05T00:00:00Z',
  until: '2027-06-05T04:00:00Z',
  planned: [step('2027-06-05T00:00:00Z', 4), step('2027-06-05T03:00:00Z', 8)],
  recorded: [
    { at: '2027-06-05T01:00:00Z', pods: 3, connections: 7 },
    { at: '2027-06-05T01:30:00Z', connections: 9 },
  ],
  bands: [{ kind: 'Peak', from: '2027-06-05T03:00:00Z', until: '2027-06-05T04:00:00Z', label: '× 2' }],
  notShown: 0,
};
const NOW = Date.parse('2027-06-05T02:00:00Z');

describe('plotData', () => {
  it('holds each value until the next of its kind, and knows nothing real after now', () => {
    const { times, wanted, there } = plotData(TIMELINE, NOW);
    expect(times.map((seconds) => new Date(seconds * 1000).getUTCHours())).toEqual([0, 1, 2, 3, 4]);
    expect(wanted).toEqual([4, 4, 4, 8, 8]);
    expect(there).toEqual([null, 3, 3, null, null]);
  });
});

describe('readingAt', () => {
  it('tells the plan with its reason, what was there, and what is on', () => {
    expect(readingAt(TIMELINE, NOW, NOW)).toMatchObject({
      wanted: 4,
      because: '4 by the calendar',
      connections: 9,
      bands: [],
    });
    const later = readingAt(TIMELINE, Date.parse('2027-06-05T03:30:00Z'), NOW);
    expect(later).toMatchObject({ wanted: 8, there: undefined, bands: [{ label: '× 2' }] });
  });
});
