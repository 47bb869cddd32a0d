import type { SlotRange } from '../../src/domain/topology/slots.ts';

export function overlap(a: readonly SlotRange[], b: readonly SlotRange[]): boolean {
  return a.some((one) => b.some((other) => one.start <= other.end && other.start <= one.end));
}

export function without(slots: readonly SlotRange[], taken: readonly SlotRange[]): SlotRange[] {
  return taken.reduce<SlotRange[]>(
    (left, cut) =>
      left.flatMap((range) => {
        if (!overlap([range], [cut])) return [range];
        const before = { start: range.start, end: cut.start - 1 };
        const after = { start: cut.end + 1, end: range.end };
        return [before, after].filter(({ start, end }) => start <= end);
      }),
    [...slots],
  );
}
