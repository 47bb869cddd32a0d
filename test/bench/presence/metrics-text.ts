/** One line of a page of metrics. */
export interface MetricLine {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The lines of one name (without those of `NAME_bucket` and so on) in the text format of Prometheus. */
export function metricLines(text: string, name: string): MetricLine[] {
  return text.split('\n').flatMap((line) => {
    const found = new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`).exec(line);
    if (found === null) return [];
    const labels = [...(found[1] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]);
    return [{ labels: Object.fromEntries(labels) as Record<string, string>, value: Number(found[2]) }];
  });
}

/** What was added to the values between two readings of some pages, by labels; the pages are summed up. */
export function added(
  before: readonly string[],
  after: readonly string[],
  name: string,
  keyOf: (labels: MetricLine['labels']) => string,
): Map<string, number> {
  const sums = new Map<string, number>();
  const add = (pages: readonly string[], sign: number): void => {
    for (const { labels, value } of pages.flatMap((page) => metricLines(page, name))) {
      sums.set(keyOf(labels), (sums.get(keyOf(labels)) ?? 0) + sign * value);
    }
  };
  add(before, -1);
  add(after, 1);
  return sums;
}

/** The upper bound of the bucket that holds the share; undefined when the buckets are empty. `le` to cumulative counts. */
export function bucketOf(buckets: ReadonlyMap<string, number>, share: number): number | undefined {
  const sorted = [...buckets]
    .map(([le, count]) => [le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), count] as const)
    .toSorted(([a], [b]) => a - b);
  const total = sorted.at(-1)?.[1] ?? 0;
  if (total === 0) return undefined;
  return sorted.find(([, count]) => count >= share * total)?.[0];
}
