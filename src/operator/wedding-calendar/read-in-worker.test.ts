import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { bookedOn, calendar } from '../../../test/support/feed-text.ts';
import { weddingCalendarSpec } from '../../api/v1alpha1/wedding-calendar.ts';
import { zoneData } from '../../domain/calendar/zones/zone-data.ts';
import { SHIPPED_ZONES, withZones } from '../../domain/calendar/zones/zones-in-force.ts';
import { systemClock } from '../../platform/runtime/clock.ts';
import { readInWorker } from './read-in-worker.ts';
import type { WorkerTask } from './worker-messages.ts';

const spec = weddingCalendarSpec.parse({
  source: { configMapName: 'feed' },
  defaultTimeZone: 'Europe/London',
});
const rules = { mapping: spec.weddings, defaultTimeZone: spec.defaultTimeZone, maxEvents: 20_000 };
const now = new Date('2027-05-01T00:00:00Z');
const options = () => ({ clock: systemClock, signal: new AbortController().signal });

const task: Omit<WorkerTask, 'slots'> = { calendar: 'bookings', feed: { format: 'ICalendar', rules, now } };
const bytes = (text: string): Uint8Array[] => [new TextEncoder().encode(text)];

const big = calendar(...Array.from({ length: 8000 }, (_, index) => bookedOn('20270605', `event-${index}`)));

describe('a feed on a thread of its own', () => {
  it('gives named bookings', async () => {
    const { bookings } = await readInWorker(task, bytes(calendar(bookedOn('20270605', 'a'))), options());
    expect(bookings.map(({ uid, name }) => [uid, name])).toEqual([
      ['a', expect.stringMatching(/^bookings-[0-9a-f]{16}$/)],
    ]);
  });

  it('goes by the time zone data of this process', async () => {
    const file = structuredClone(SHIPPED_ZONES.file);
    const names = Object.keys(file.zones).find((each) => each.includes('Europe/London')) ?? '';
    // As if London had been moved five hours to the east.
    file.zones[names] = '18000|||';
    const text = calendar(
      'BEGIN:VEVENT\nUID:a\nDTSTART:20270605T120000Z\nDTEND:20270605T180000Z\nSUMMARY:W\nEND:VEVENT',
    );
    const ceremonies = await Promise.all(
      [SHIPPED_ZONES, zoneData(file)].map((data) =>
        withZones(data, () => readInWorker(task, bytes(text), options())),
      ),
    );
    expect(ceremonies.map(({ bookings }) => bookings[0]?.spec.ceremony)).toEqual(['13:00', '17:00']);
  });

  it('does not hold up this one', async () => {
    let turns = 0;
    const count = setInterval(() => (turns += 1), 10);
    const { bookings } = await readInWorker(task, bytes(big), options());
    clearInterval(count);
    expect(bookings).toHaveLength(8000);
    expect(turns).toBeGreaterThan(5);
  });

  it('is refused, is stopped at its limit, and ends with its signal', async () => {
    await expect(readInWorker(task, bytes('nonsense'), options())).rejects.toMatchObject({
      reason: 'WrongContent',
    });
    await expect(readInWorker(task, bytes(big), { ...options(), limitMs: 1 })).rejects.toMatchObject({
      reason: 'TooExpensive',
    });
    const stop = new AbortController();
    const reading = readInWorker(task, bytes(big), { clock: systemClock, signal: stop.signal });
    stop.abort(new Error('the controller stops'));
    await expect(reading).rejects.toThrow('the controller stops');
  });

  it('is found beside the bundle of the operator', async () => {
    const outdir = await mkdtemp(path.join(tmpdir(), 'feed-worker-'));
    try {
      const file = (name: string): string => new URL(name, import.meta.url).pathname;
      await build({
        entryPoints: { operator: file('./read-in-worker.ts'), 'feed-worker': file('./feed-worker.ts') },
        outdir,
        bundle: true,
        platform: 'node',
        format: 'esm',
        outExtension: { '.js': '.js' },
        banner: {
          js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
        },
      });
      const bundled = (await import(pathToFileURL(path.join(outdir, 'operator.js')).href)) as {
        readInWorker: typeof readInWorker;
      };
      const { bookings } = await bundled.readInWorker(task, bytes(calendar(bookedOn('20270605'))), options());
      expect(bookings).toHaveLength(1);
    } finally {
      await rm(outdir, { recursive: true });
    }
  });
});
