import { MAX_DATA_DEPTH } from './limits.ts';
import { HALF_A_PAIR, isWholeText } from './whole-text.ts';

/**
 * Finds levels, numbers and texts that a JSON value must not have; undefined when it has none, otherwise words that
 * follow its name.
 *
 * @param levels further arrays and objects that `value` may consist of
 */
export function shapeProblem(value: unknown, levels = MAX_DATA_DEPTH): string | undefined {
  // `JSON.parse` reads 1e400 as Infinity, which would be written as null.
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'has too large a number';
  if (typeof value === 'string') return isWholeText(value) ? undefined : HALF_A_PAIR;
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return `has more than ${MAX_DATA_DEPTH} levels`;
  // Parsed JSON has own properties only, so this sees each of them, and makes no list of them.
  for (const key in value) {
    const problem = shapeProblem(key) ?? shapeProblem((value as Record<string, unknown>)[key], levels - 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
