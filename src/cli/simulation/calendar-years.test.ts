import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { CALENDAR_YEARS, dailyMaxima, goldenFile, maximaCsv } from '../../../test/golden/calendar-years.ts';

/** Share of a crew that is there at a party before anything was learned, and how full pods may be at the bound. */
const HIGHEST_SHARE = 0.95;
const CONNECTIONS_A_POD = 50;

describe.each(CALENDAR_YEARS)('the $name year', (year) => {
  const maxima = dailyMaxima(year);

  it('is the golden one', async () => {
    // Accept changes with: node test/golden/write-calendar-years.ts
    expect(maximaCsv(await maxima)).toBe(await readFile(goldenFile(year), 'utf8'));
  });

  it('has every day once, with pods for all of the crews on days with weddings', async () => {
    const days = await maxima;
    const leap = new Date(Date.UTC(year.year, 1, 29)).getUTCMonth() === 1;
    expect(new Set(days.map(({ date }) => date)).size).toBe(leap ? 366 : 365);
    expect(days).toHaveLength(leap ? 366 : 365);
    const podsOn = new Map(days.map(({ date, pods }) => [date, pods]));
    for (const { date, count } of year.weddings) {
      const people = HIGHEST_SHARE * count * year.people;
      expect(podsOn.get(date), date).toBeGreaterThanOrEqual(Math.ceil(people / CONNECTIONS_A_POD));
    }
  });

  it('has no more than the season on days that are far from weddings', async () => {
    const near = new Set(
      year.weddings.flatMap(({ date }) =>
        [-1, 0, 1].map((days) => new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10)),
      ),
    );
    const far = (await maxima).filter(({ date }) => !near.has(date));
    expect(far.length).toBeGreaterThan(100);
    // The highest factor of a month is 3.
    expect(Math.max(...far.map(({ pods }) => pods))).toBeLessThanOrEqual(3);
  });
});
