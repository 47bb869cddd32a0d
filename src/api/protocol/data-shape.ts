import { MAX_DATA_DEPTH } from './limits.ts';

/** What may be wrong with the levels and numbers of `data`. */
export type ShapeProblem = 'too deep' | 'not finite';

/**
 * Finds levels and numbers that a JSON value must not have; undefined when it has none.
 *
 * @param levels further arrays and objects that `value` may consist of
 */
export function shapeProblem(value: unknown, levels = MAX_DATA_DEPTH): ShapeProblem | undefined {
  // `JSON.parse` reads 1e400 as Infinity, which would be written as null.
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'not finite';
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return 'too deep';
  // Parsed JSON has own properties only, so this sees each of them, and makes no list of them.
  for (const key in value) {
    const problem = shapeProblem((value as Record<string, unknown>)[key], levels - 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
