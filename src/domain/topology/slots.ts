/** Number of hash slots of every Redis Cluster (Redis Cluster specification, "Key distribution model"). */
export const SLOT_COUNT = 16_384;

/** Hash slots from `start` to `end`, both included, 0 to 16383. */
export interface SlotRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Splits all hash slots over `shards`: no shard gets more than one slot more than another.
 * @returns one range per shard, in order.
 * @throws RangeError when `shards` is not a whole number from 1 to 16384.
 */
export function evenSplit(shards: number): SlotRange[] {
  if (!Number.isInteger(shards) || shards < 1 || shards > SLOT_COUNT) {
    throw new RangeError(`shards must be a whole number from 1 to ${SLOT_COUNT}, not ${shards}`);
  }
  return Array.from({ length: shards }, (_, index) => ({
    start: Math.ceil((index * SLOT_COUNT) / shards),
    end: Math.ceil(((index + 1) * SLOT_COUNT) / shards) - 1,
  }));
}

/** How many slots the ranges hold; ranges must not overlap. */
export function countSlots(ranges: readonly SlotRange[]): number {
  return ranges.reduce((sum, range) => sum + range.end - range.start + 1, 0);
}

/** The shortest list of ranges that holds exactly these slots, ascending. Duplicates count once. */
export function rangesOf(slots: Iterable<number>): SlotRange[] {
  const ranges: { start: number; end: number }[] = [];
  for (const slot of [...new Set(slots)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last.end === slot - 1) {
      last.end = slot;
    } else {
      ranges.push({ start: slot, end: slot });
    }
  }
  return ranges;
}

/** The slots of the ranges, one by one. */
export function* slotsOf(ranges: readonly SlotRange[]): Generator<number> {
  for (const range of ranges) {
    for (let slot = range.start; slot <= range.end; slot++) {
      yield slot;
    }
  }
}

/** As Redis writes it: `5` for one slot, `0-5460` for more. */
export function formatSlotRange(range: SlotRange): string {
  return range.start === range.end ? `${range.start}` : `${range.start}-${range.end}`;
}

/** Ranges as a human reads them in status: `0-5460,5462`, or `none`. */
export function formatSlotRanges(ranges: readonly SlotRange[]): string {
  return ranges.length === 0 ? 'none' : ranges.map(formatSlotRange).join(',');
}

/**
 * Reads one slot or one range as `CLUSTER NODES` prints it.
 * @throws SyntaxError when the text is no slot range within 0 to 16383.
 */
export function parseSlotRange(text: string): SlotRange {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const start = Number(match?.[1]);
  const end = match?.[2] === undefined ? start : Number(match[2]);
  if (match === null || start > end || end >= SLOT_COUNT) {
    throw new SyntaxError(`not a slot range: ${JSON.stringify(text)}`);
  }
  return { start, end };
}
