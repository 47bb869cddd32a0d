/** Delays by bucket: those up to the first bound, up to the next one, and so on; the last are above all bounds. */
export type DelayCounts = readonly number[];

export function countOf(delays: DelayCounts): number {
  return delays.reduce((sum, count) => sum + count, 0);
}

/** The sum by bucket. Both have the same bounds; nothing is a sum of zero. */
export function addDelays(one: DelayCounts, other: DelayCounts): DelayCounts {
  return Array.from(
    { length: Math.max(one.length, other.length) },
    (_, bucket) => (one[bucket] ?? 0) + (other[bucket] ?? 0),
  );
}

/**
 * For each bucket, the share of all delays that are shorter, where those of the same bucket count half: the rank of a delay, from 0 to 1.
 * Their mean over all delays is 0.5.
 */
export function ranksIn(all: DelayCounts): readonly number[] {
  const total = countOf(all);
  let shorter = 0;
  return all.map((count) => {
    const rank = total === 0 ? 0.5 : (shorter + count / 2) / total;
    shorter += count;
    return rank;
  });
}

/** The mean of a score per bucket over all delays; there has to be one. */
export function meanScore(delays: DelayCounts, scores: readonly number[]): number {
  const sum = delays.reduce((total, count, bucket) => total + count * (scores[bucket] ?? 0), 0);
  return sum / countOf(delays);
}

/** The first bucket of the slowest delays: as many buckets as have at most this share of all delays, and the last one at least. */
export function slowestFrom(all: DelayCounts, share: number): number {
  const total = countOf(all);
  let slower = 0;
  for (let bucket = all.length - 1; bucket > 0; bucket--) {
    slower += all[bucket] ?? 0;
    if (slower > share * total) return Math.min(bucket + 1, all.length - 1);
  }
  return 1;
}

/** The share of the delays in this bucket and above it. */
export function shareFrom(delays: DelayCounts, bucket: number): number {
  return countOf(delays.slice(bucket)) / countOf(delays);
}
