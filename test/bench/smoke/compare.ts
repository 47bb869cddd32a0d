/** One figure of a run. */
export interface Measure {
  readonly name: string;
  readonly value: number;
}

/** What a figure was when it was recorded, and how much more it may be. */
export interface Recorded {
  readonly value: number;
  /** The largest allowed quotient of a new value and this one. */
  readonly tolerance: number;
  /** Why it is that large. */
  readonly because: string;
}

export type Base = Readonly<Record<string, Recorded>>;

export interface Verdict {
  readonly name: string;
  readonly value: number | undefined;
  readonly recorded: number | undefined;
  readonly ratio: number | undefined;
  readonly tolerance: number | undefined;
  readonly verdict: 'as recorded' | 'better' | 'worse' | 'not measured' | 'not recorded';
}

/** A figure that has fallen so far is worth recording again, so that a later rise back to it is seen. */
const BETTER_BELOW = 0.8;

/**
 * Compares figures with recorded ones, each by its quotient; pure. Less is better. A figure that is recorded and was not measured is as
 * bad as one that is worse.
 */
export function compare(measures: readonly Measure[], base: Base): Verdict[] {
  const measured = new Map(measures.map(({ name, value }) => [name, value]));
  const names = [...new Set([...Object.keys(base), ...measured.keys()])];
  return names.map((name): Verdict => {
    const value = measured.get(name);
    const recorded = base[name];
    const ratio = value === undefined || recorded === undefined ? undefined : value / recorded.value;
    const { value: before, tolerance } = recorded ?? {};
    return { name, value, recorded: before, ratio, tolerance, verdict: verdictOf(value, ratio, tolerance) };
  });
}

function verdictOf(
  value: number | undefined,
  ratio: number | undefined,
  tolerance: number | undefined,
): Verdict['verdict'] {
  if (value === undefined || !Number.isFinite(value)) return 'not measured';
  if (ratio === undefined || tolerance === undefined) return 'not recorded';
  // A recorded zero makes every other value worse.
  if (Number.isNaN(ratio)) return 'as recorded';
  if (ratio > tolerance) return 'worse';
  return ratio < BETTER_BELOW ? 'better' : 'as recorded';
}

/** Whether the run may be released. */
export function isAcceptable(verdicts: readonly Verdict[]): boolean {
  return verdicts.every(({ verdict }) => verdict !== 'worse' && verdict !== 'not measured');
}

/** The verdicts as lines of a table. */
export function tableOf(verdicts: readonly Verdict[]): string[] {
  const cells = [
    ['figure', 'recorded', 'now', 'ratio', 'at most', ''],
    ...verdicts.map((each) => [
      each.name,
      numberOf(each.recorded),
      numberOf(each.value),
      numberOf(each.ratio),
      numberOf(each.tolerance),
      each.verdict,
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  return cells.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

function numberOf(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '-';
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}
