import { median, medianInterval, percentile, round } from './percentiles.ts';

/** `again` is `without` once more: what two sides differ by that are the same. */
export const SIDES = ['with', 'without', 'again'] as const;
export type Side = (typeof SIDES)[number];

/** Milliseconds of each request of a repeat, by its kind. */
export type Samples = Record<string, Record<Side, number[]>>;

export function noSamples(kinds: readonly string[]): Samples {
  return Object.fromEntries(kinds.map((kind) => [kind, { with: [], without: [], again: [] }]));
}

/** What `side` took more than `without`, at a percentile, of each repeat. */
export function added(repeats: readonly Samples[], kind: string, side: Side, share: number): number[] {
  return repeats.map((samples) => {
    const at = (each: Side): number => percentile(samples[kind]?.[each] ?? [], share);
    return at(side) - at('without');
  });
}

/** A line of the table for each kind of request. */
export function rowsOf(repeats: readonly Samples[], kinds: readonly string[]): object[] {
  return kinds.map((kind) => {
    const all = (side: Side): number[] => repeats.flatMap((samples) => samples[kind]?.[side] ?? []);
    const p99 = added(repeats, kind, 'with', 0.99);
    const control = added(repeats, kind, 'again', 0.99);
    return {
      request: kind,
      samplesEach: all('with').length,
      p50WithoutMs: round(percentile(all('without'), 0.5)),
      p99WithoutMs: round(percentile(all('without'), 0.99)),
      addedP50Ms: round(median(added(repeats, kind, 'with', 0.5))),
      addedP99Ms: round(median(p99)),
      addedP99Of95: span(medianInterval(p99)),
      addedP99Quartiles: span({ from: percentile(p99, 0.25), to: percentile(p99, 0.75) }),
      // Of a side with itself: what cannot be told from nothing.
      noiseP99Ms: round(median(control)),
      noiseP99Of95: span(medianInterval(control)),
    };
  });
}

function span({ from, to }: { from: number; to: number }): string {
  return `${round(from)} to ${round(to)}`;
}
