import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { feedRules, readFeedBytes } from '../../../test/support/read-feed.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';

/** Calendars as people met them, each with the right answer beside it. */
const FOLDER = path.resolve(import.meta.dirname, '../../../test/corpus/calendar');

interface Expected {
  why: string;
  defaultTimeZone: string;
  now: string;
  weddings: { uid: string; from: string; until: string; state: string }[];
  skipped: string[];
}

const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.ics'))
  .map((name) => name.slice(0, -4));

function read(name: string, pieceLength?: number): { found: unknown; expected: unknown } {
  const expected = JSON.parse(readFileSync(path.join(FOLDER, `${name}.expected.json`), 'utf8')) as Expected;
  const rules = feedRules({}, 20_000, expected.defaultTimeZone);
  const task = { format: 'ICalendar', rules, now: new Date(expected.now) } as const;
  const { bookings, problems } = readFeedBytes(
    readFileSync(path.join(FOLDER, `${name}.ics`)),
    task,
    pieceLength,
  );
  return {
    found: {
      weddings: bookings.map(({ uid, startsAt, endsAt, spec }) => ({
        uid,
        from: formatInstant(startsAt),
        until: formatInstant(endsAt),
        state: spec.state,
      })),
      skipped: problems.map(({ uid, reason }) => `${uid} ${reason}`),
    },
    expected: { weddings: expected.weddings, skipped: expected.skipped },
  };
}

describe('a calendar of the real world', () => {
  it.each(names)('%s', (name) => {
    const { found, expected } = read(name);
    expect(found).toEqual(expected);
  });

  it.each(names)('%s, one byte at a time', (name) => {
    const { found, expected } = read(name, 1);
    expect(found).toEqual(expected);
  });

  it('has an answer for each, and a calendar for each answer', () => {
    const answers = readdirSync(FOLDER).filter((name) => name.endsWith('.expected.json'));
    expect(answers.map((name) => name.replace('.expected.json', ''))).toEqual(names);
    expect(names.length).toBeGreaterThanOrEqual(18);
  });
});
