import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { weddingCalendarSpec } from '../../src/api/v1alpha1/wedding-calendar.ts';
import type { Booking } from '../../src/domain/feed/booking.ts';
import { feedReader } from '../../src/operator/wedding-calendar/read-feed.ts';
import { validateObject } from '../../src/reports/validate-object.ts';
import { repository } from '../cluster/paths.ts';

const SAMPLES = 'manifests/samples';
const MS_PER_DAY = 86_400_000;

interface Sample {
  kind: string;
  spec: unknown;
  data?: { feed: string };
}

/** kubectl reads YAML 1.1: what must be quoted for it must be quoted here. */
function objectsOf(file: string): Sample[] {
  const text = readFileSync(path.join(repository, SAMPLES, file), 'utf8');
  return parseAllDocuments(text, { version: '1.1' }).map((document) => document.toJS() as Sample);
}

function filesOf(folder: string): string[] {
  return readdirSync(path.join(repository, SAMPLES, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => path.join(folder, name));
}

/** Kinds whose objects name the person who sends them, so no sample of them can be applied as it is. */
const PERSONAL = ['PresenceOptimization', 'RolloutOverride'];

describe('manifests/samples', () => {
  it.each([...filesOf(''), ...filesOf('production'), ...filesOf('requests')])('%s is valid', (file) => {
    const problems = objectsOf(file).flatMap((object) => {
      const result = validateObject(object, { namespace: 'default', unknownFields: 'refuse' });
      return result.ours && !result.valid ? result.problems : [];
    });
    expect(problems).toEqual([]);
  });

  it('names a person only in the files of requests/, which say what to change first', () => {
    const personal = (file: string) => objectsOf(file).some(({ kind }) => PERSONAL.includes(kind));
    expect(filesOf('').filter(personal)).toEqual([]);
    expect(filesOf('requests').filter(personal)).toEqual(filesOf('requests'));
    for (const file of filesOf('requests')) {
      const [head = ''] = readFileSync(path.join(repository, SAMPLES, file), 'utf8').split('apiVersion');
      expect(head).toContain('Change first: spec.requestedBy');
    }
  });

  it.each(['2026-12-01', '2028-02-29', '2031-08-16'])(
    'has a Saturday wedding in the week after %s',
    async (day) => {
      const [calendar, configMap] = objectsOf('wedding-calendar.yaml');
      const spec = weddingCalendarSpec.parse(calendar?.spec);
      const now = new Date(`${day}T12:00:00Z`);
      const bookings: Booking[] = [];
      const rules = { mapping: spec.weddings, defaultTimeZone: spec.defaultTimeZone, maxEvents: 1_000 };
      const reader = await feedReader({ format: spec.format, rules, now }, (booking) =>
        bookings.push(booking),
      );
      reader.push(new TextEncoder().encode(configMap?.data?.feed));
      expect(reader.end().problems).toEqual([]);
      const soon = bookings.filter(
        ({ spec: { state }, startsAt }) =>
          state === 'Confirmed' && startsAt > now.getTime() && startsAt <= now.getTime() + 7 * MS_PER_DAY,
      );
      expect(soon.map(({ startsAt }) => new Date(startsAt).getUTCDay())).toEqual([6]);
    },
  );
});
