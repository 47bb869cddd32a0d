import type { Interval } from '../calendar/interval.ts';
import type { WeddingAtRisk } from './protected-weddings.ts';

/** Who would be disturbed by a change. */
export interface Risk {
  weddings: number;
  people: number;
}

/** A window in which something could be changed, and who would be disturbed. */
export interface RiskyWindow extends Interval, Risk {}

/** Counts the weddings that are on, or near, in a span. */
export type RiskOf = (span: Interval) => Risk;

export function riskIndex(weddings: readonly WeddingAtRisk[]): RiskOf {
  const inOrder = [...weddings].sort((a, b) => a.near.from - b.near.from);
  const longest = inOrder.reduce((most, { near }) => Math.max(most, near.until - near.from), 0);
  return ({ from, until }) => {
    const risk: Risk = { weddings: 0, people: 0 };
    for (let index = firstAfter(inOrder, from - longest); index < inOrder.length; index += 1) {
      const { near, people } = inOrder[index] as WeddingAtRisk;
      if (near.from >= until) break;
      if (near.until <= from) continue;
      risk.weddings += 1;
      risk.people += people;
    }
    return risk;
  };
}

/** Index of the first wedding that begins after an instant. */
function firstAfter(inOrder: readonly WeddingAtRisk[], instant: number): number {
  let [low, high] = [0, inOrder.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((inOrder[middle] as WeddingAtRisk).near.from > instant) high = middle;
    else low = middle + 1;
  }
  return low;
}
