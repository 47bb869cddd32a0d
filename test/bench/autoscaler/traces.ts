import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readTrace } from '../../../src/cli/verbs/read-trace.ts';
import { type LoadTrace, scaleToPeak } from '../../../src/domain/autoscaling/backtest/load-trace.ts';
import type { Booking } from '../../../src/domain/autoscaling/demand/booking.ts';
import { type WeddingLoadOptions, weddingLoadAndBookings } from '../../support/wedding-load.ts';
import { ENGLAND, WORLD } from '../../support/wedding-regions.ts';

export interface BenchTrace {
  name: string;
  trace: LoadTrace;
  trainDays: number;
  /** What was booked, with crews in the unit of the scaled load. */
  bookings?: readonly Booking[];
}

/** The 99.5th percentile of every load: with 100 connections per pod, about twenty pods. */
const PEAK = 2000;

interface Recorded {
  name: string;
  file: string;
  /** Fixed before any number was looked at. */
  trainDays: number;
  /** Times that are no record of the load, on the clock of the trace. */
  outage?: { from: string; until: string };
}

const RECORDED: readonly Recorded[] = [
  { name: 'World Cup 98', file: 'worldcup98_5min.csv', trainDays: 13 },
  {
    name: 'NASA',
    file: 'nasa_http_1995_5min.csv',
    trainDays: 31,
    outage: { from: '1995-08-01T14:50Z', until: '1995-08-03T04:40Z' },
  },
  { name: 'NYC taxi', file: 'nyc_taxi_30min.csv', trainDays: 60 },
  { name: 'ISP Europe', file: 'isp_eu_traffic_5min.csv', trainDays: 21 },
];

const WEDDING_TRAIN_DAYS = 28;
const WEDDING_DAYS = WEDDING_TRAIN_DAYS + 109;

export const ENGLISH_WEDDINGS: WeddingLoadOptions = {
  seed: 1,
  firstDay: '2027-04-01',
  days: WEDDING_DAYS,
  regions: [ENGLAND],
  shiftMinutes: 1,
  surges: [
    { day: 58.5, people: 600, minutes: 45 },
    { day: 100.45, people: 600, minutes: 45 },
  ],
};

const WEDDINGS: readonly { name: string; options: WeddingLoadOptions }[] = [
  { name: 'weddings, England', options: ENGLISH_WEDDINGS },
  {
    name: 'weddings, world',
    options: {
      seed: 2,
      firstDay: '2027-04-01',
      days: WEDDING_DAYS,
      regions: WORLD,
      shiftMinutes: 15,
      surges: [],
    },
  },
];

/** Recorded loads, as far as they are in `directory`; the others are named in `missing`. */
export async function recordedTraces(
  directory: string,
): Promise<{ traces: BenchTrace[]; missing: readonly string[] }> {
  const present = RECORDED.filter(({ file }) => existsSync(path.join(directory, file)));
  const traces = present.map(async ({ name, file, trainDays, outage }) => {
    const context = { readFile: (from: string) => readFile(from, 'utf8'), readStdin: async () => '' };
    const trace = await readTrace(context, { trace: path.join(directory, file), gaps: 'skip' });
    if (outage !== undefined) forget(trace, outage);
    return { name, trace: scaleToPeak(trace, PEAK), trainDays };
  });
  const missing = RECORDED.filter((recorded) => !present.includes(recorded)).map(({ file }) => file);
  return { traces: await Promise.all(traces), missing };
}

/** Made-up wedding crews, the same each time. */
export function weddingTraces(): BenchTrace[] {
  return WEDDINGS.map(({ name, options }) => scaledWeddings(name, options));
}

/** Load and crews are scaled alike, as if each person had so many connections. */
export function scaledWeddings(name: string, options: WeddingLoadOptions): BenchTrace {
  const { trace: raw, bookings } = weddingLoadAndBookings(options);
  const trace = scaleToPeak(raw, PEAK);
  const busiest = raw.values.indexOf(Math.max(...raw.values));
  const factor = (trace.values[busiest] as number) / (raw.values[busiest] as number);
  return {
    name,
    trace,
    trainDays: WEDDING_TRAIN_DAYS,
    bookings: bookings.map((booking) => ({ ...booking, people: booking.people * factor })),
  };
}

function forget(trace: LoadTrace, { from, until }: { from: string; until: string }): void {
  const index = (time: string): number =>
    Math.ceil((Date.parse(time) / 1000 - trace.startSeconds) / trace.stepSeconds);
  trace.values.fill(Number.NaN, index(from), index(until));
}
