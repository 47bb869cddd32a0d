/** A recommendation that was higher than the last one. */
export interface HigherRecommendation {
  replicas: number;
  /** When it was last made, milliseconds since the epoch. */
  until: number;
}

/** Pods added (above 0) or removed (below 0). */
export interface ScaleChange {
  /** Milliseconds since the epoch. */
  at: number;
  change: number;
}

/**
 * What a decision must remember of those before it; it is kept in the status, so that a new leader does not forget.
 * It changes only when a recommendation or the number of pods does.
 */
export interface ScalingMemory {
  /** The last recommendation. */
  recommended?: number;
  /** Falling, oldest first. */
  higher: readonly HigherRecommendation[];
  changes: readonly ScaleChange[];
}

export const NO_MEMORY: ScalingMemory = { higher: [], changes: [] };

/** More are put together: the result is never a smaller number of pods. */
export const MOST_REMEMBERED = 16;

/** The memory after one more recommendation. */
export function rememberRecommendation(
  memory: ScalingMemory,
  now: number,
  recommended: number,
  windowMs: number,
): ScalingMemory {
  const before = memory.recommended;
  const isLower = before !== undefined && before > recommended;
  if (before === recommended && !memory.higher.some((entry) => isOver(entry, now, windowMs, recommended))) {
    return memory;
  }
  const higher = [...memory.higher, ...(isLower ? [{ replicas: before, until: now }] : [])].filter(
    (entry) => !isOver(entry, now, windowMs, recommended),
  );
  return { ...memory, recommended, higher: bounded(dominating(higher)) };
}

function isOver(
  { replicas, until }: HigherRecommendation,
  now: number,
  windowMs: number,
  recommended: number,
): boolean {
  return replicas <= recommended || until < now - windowMs;
}

/** Those that no later one is as high as. */
function dominating(entries: readonly HigherRecommendation[]): HigherRecommendation[] {
  return entries.filter(
    ({ replicas }, index) => !entries.slice(index + 1).some((later) => later.replicas >= replicas),
  );
}

function bounded(entries: HigherRecommendation[]): HigherRecommendation[] {
  while (entries.length > MOST_REMEMBERED) {
    const [first, second] = entries as [HigherRecommendation, HigherRecommendation];
    entries.splice(0, 2, { replicas: first.replicas, until: second.until });
  }
  return entries;
}

/** The memory after a change of the number of pods. */
export function rememberChange(
  memory: ScalingMemory,
  now: number,
  change: number,
  keepMs: number,
): ScalingMemory {
  const changes = memory.changes.filter(({ at }) => at > now - keepMs);
  if (change !== 0) changes.push({ at: now, change });
  if (changes.length === memory.changes.length && change === 0) return memory;
  while (changes.length > MOST_REMEMBERED) {
    const [first, second] = changes as [ScaleChange, ScaleChange];
    changes.splice(0, 2, { at: second.at, change: first.change + second.change });
  }
  return { ...memory, changes };
}
