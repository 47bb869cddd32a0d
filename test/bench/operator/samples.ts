/** One scrape of a Prometheus endpoint. */
export interface Samples {
  /** The sum over all series of a metric whose labels include these. */
  sum(name: string, labels?: Record<string, string>): number;
  /** Upper bounds and cumulative counts of a histogram, summed over series whose labels include these. */
  buckets(name: string, labels: Record<string, string>): Map<number, number>;
}

interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export function parseSamples(text: string): Samples {
  const samples = text.split('\n').flatMap((line) => {
    const match = /^([a-zA-Z_:]\w*)(?:\{(.*)\})? (\S+)/.exec(line);
    return match
      ? [{ name: match[1] ?? '', labels: parseLabels(match[2] ?? ''), value: Number(match[3]) }]
      : [];
  });
  const of = (name: string, labels: Record<string, string>): Sample[] =>
    samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
  return {
    sum: (name, labels = {}) => of(name, labels).reduce((total, { value }) => total + value, 0),
    buckets: (name, labels) => {
      const found = new Map<number, number>();
      for (const { labels: own, value } of of(`${name}_bucket`, labels)) {
        const bound = own.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(own.le);
        found.set(bound, (found.get(bound) ?? 0) + value);
      }
      return found;
    },
  };
}

function parseLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((match) => [match[1], match[2]]),
  );
}

/**
 * A quantile of what a histogram saw between two scrapes, interpolated inside its bucket as Prometheus'
 * `histogram_quantile` does.
 */
export function quantileBetween(before: Map<number, number>, after: Map<number, number>, q: number): number {
  const bounds = [...after.keys()].sort((a, b) => a - b);
  const counts = bounds.map((bound) => (after.get(bound) ?? 0) - (before.get(bound) ?? 0));
  const total = counts.at(-1) ?? 0;
  if (total === 0) return Number.NaN;
  const rank = q * total;
  const index = counts.findIndex((count) => count >= rank);
  const upper = bounds[index] ?? Number.NaN;
  const lower = bounds[index - 1] ?? 0;
  if (!Number.isFinite(upper)) return lower;
  const below = counts[index - 1] ?? 0;
  return lower + ((upper - lower) * (rank - below)) / ((counts[index] ?? 0) - below);
}
