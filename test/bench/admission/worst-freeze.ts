import { MAX_WEDDINGS_LISTED, MAX_WINDOWS } from '../../../src/api/v1alpha1/rollout-freeze.ts';

const HOUR_MS = 3_600_000;
const MAX_REASON = 256;

/** As many windows as a RolloutFreeze can hold, each with as many weddings, none of them on for the next hours. */
export function worstWindows(now: number): object[] {
  return Array.from({ length: MAX_WINDOWS }, (_, index) => {
    const from = now + 6 * HOUR_MS + index * 10 * HOUR_MS;
    return {
      from: second(from),
      until: second(from + 5 * HOUR_MS),
      reason: 'w'.repeat(MAX_REASON),
      weddings: Array.from({ length: MAX_WEDDINGS_LISTED }, (_id, wedding) => hashedId(index, wedding)),
    };
  });
}

/** Sixteen hexadecimal digits, as long as the real ids. */
function hashedId(window: number, wedding: number): string {
  return (window * 1000 + wedding).toString(16).padStart(16, '0');
}

function second(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
