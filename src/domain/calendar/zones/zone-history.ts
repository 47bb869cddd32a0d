import { changesOfYear, parsePosixRule } from './posix-rule.ts';

/**
 * The offsets of one zone as text: `0 3600|1010|17qbc0 9q000 9d1c0 9d1c0|GMT0BST,M3.5.0/1,M10.5.0`. Four parts: the
 * offsets from UTC in seconds, the one in force at the epoch first; for each change since the epoch the index of its
 * offset in base 36; the seconds from each change to the next in base 36, from the epoch on; the POSIX rule of all
 * later years, empty when the last offset stays.
 */
export type ZoneText = string;

/** Offsets of a zone from UTC, in force from one change to the next. */
export interface ZoneHistory {
  /** Seconds since the epoch, ascending. */
  changes: Float64Array;
  /** Seconds east of Greenwich: before the first change, and from each change on. */
  offsets: Int32Array;
  /** From here on, in seconds since the epoch, the years repeat. */
  horizon: number;
}

/** The Gregorian calendar repeats after 400 years, weekdays too. */
const CYCLE_YEARS = 400;
const CYCLE_SECONDS = 146_097 * 86_400;
const BASE = 36;
/** RFC 9636 section 3.2: an offset is between -25 and 26 hours. */
const MAX_OFFSET_SECONDS = 26 * 3600;
/** The longest history of the IANA table has fewer than 300 changes. */
const MAX_CHANGES = 2000;
/** A change after the year 9999 is a mistake. */
const MAX_CHANGE_SECONDS = 253_402_300_799;

/** @throws {RangeError} when the text is no history of a zone */
export function decodeZone(text: ZoneText): ZoneHistory {
  const [offsetText = '', order = '', deltas = '', rule = '', ...more] = text.split('|');
  const known = offsetText.split(' ').map(Number);
  if (more.length > 0 || known.some((each) => !Number.isInteger(each) || Math.abs(each) > MAX_OFFSET_SECONDS))
    throw new RangeError('the offsets are not seconds within 26 hours');
  const changes = ascending(deltas);
  const offsets = [
    known[0] as number,
    ...order.split('').map((index) => known[Number.parseInt(index, BASE)]),
  ];
  if (offsets.length !== changes.length + 1 || offsets.includes(undefined))
    throw new RangeError('changes and offsets do not match');
  return extend(changes, offsets as number[], rule);
}

/** Offset from UTC at an instant, in seconds. */
export function offsetIn({ changes, offsets, horizon }: ZoneHistory, atSeconds: number): number {
  const at =
    atSeconds < horizon
      ? atSeconds
      : atSeconds - Math.ceil((atSeconds - horizon + 1) / CYCLE_SECONDS) * CYCLE_SECONDS;
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((changes[middle] as number) <= at) low = middle + 1;
    else high = middle;
  }
  return offsets[low] as number;
}

/** The text of changes, each with the offset from then on; those up to the epoch are folded into the first offset. */
export function encodeZone(
  first: number,
  changes: readonly (readonly [number, number])[],
  rule: string,
): ZoneText {
  // A change of name alone is kept as well: the rule holds from the last change on and not earlier.
  const later = changes.filter(([at]) => at > 0);
  const [, before = first] = changes.findLast(([at]) => at <= 0) ?? [];
  const known = [...new Set([before, ...later.map(([, offset]) => offset)])];
  const order = later.map(([, offset]) => known.indexOf(offset));
  const deltas = later.map(([at], index) => at - (later[index - 1]?.[0] ?? 0));
  const digits = (values: readonly number[]): string[] => values.map((value) => value.toString(BASE));
  return [known.join(' '), digits(order).join(''), digits(deltas).join(' '), rule].join('|');
}

function ascending(deltas: string): number[] {
  let at = 0;
  const changes = (deltas === '' ? [] : deltas.split(' ')).map((delta) => {
    const step = Number.parseInt(delta, BASE);
    at += step;
    if (!(step > 0 && at <= MAX_CHANGE_SECONDS)) throw new RangeError('the changes are not in order of time');
    return at;
  });
  if (changes.length > MAX_CHANGES) throw new RangeError(`more than ${MAX_CHANGES} changes`);
  return changes;
}

/** Adds the changes that the rule makes in one whole cycle after the last explicit one. */
function extend(changes: number[], offsets: number[], rule: string): ZoneHistory {
  const posix = rule === '' ? undefined : parsePosixRule(rule);
  const last = changes.at(-1) ?? 0;
  const firstYear = new Date(last * 1000).getUTCFullYear();
  const lastYear = firstYear + CYCLE_YEARS + 1;
  if (posix?.daylight !== undefined) {
    for (let year = firstYear; year <= lastYear; year += 1) {
      for (const [at, offset] of changesOfYear(posix, year)) {
        if (at <= last || offset === offsets.at(-1)) continue;
        changes.push(at);
        offsets.push(offset);
      }
    }
  }
  return {
    changes: Float64Array.from(changes),
    offsets: Int32Array.from(offsets),
    horizon: posix?.daylight === undefined ? Number.POSITIVE_INFINITY : Date.UTC(lastYear, 0, 2) / 1000,
  };
}
