import { HORIZON_DAYS } from '../../domain/change-freeze/change-freeze-plan.ts';
import { type ChangeFreezeWindows, changeFreezeWindows } from '../../reports/change-freeze-windows.ts';
import type { Inventory } from '../../reports/inventory.ts';
import { type FreezeGap, freezeGaps, gapOnTheWire } from './freeze-gaps.ts';
import { freezeTable } from './freeze-table.ts';

interface ListedChangeFreeze extends ChangeFreezeWindows {
  gaps: FreezeGap[];
}

/** The windows of all ChangeFreezes, or of those with a name, and the open time between. */
export function listChangeFreezes(
  inventory: Inventory,
  name: string | undefined,
  now: Date,
): ListedChangeFreeze[] {
  return inventory.changeFreezes
    .filter(({ metadata }) => name === undefined || metadata.name === name)
    .map((changeFreeze) => {
      const found = changeFreezeWindows(inventory, changeFreeze, now, now);
      return { ...found, gaps: found.problem === undefined ? freezeGaps(found.windows, now) : [] };
    });
}

/** As JSON has it. Of time after `knownUntil` nothing is said. */
export function changeFreezeReport(lists: readonly ListedChangeFreeze[]) {
  return lists.map(({ gaps, ...list }) => ({
    ...list,
    gaps: gaps.map(gapOnTheWire),
  }));
}

export function changeFreezeText(
  lists: readonly ListedChangeFreeze[],
  nameOf: (id: string) => string,
): string[] {
  const windows = freezeTable('CHANGEFREEZE', lists, nameOf);
  return [
    ...(windows === undefined ? [] : [windows]),
    ...lists.flatMap(({ namespace, name, windows, problem }) => {
      if (problem !== undefined) return [`ChangeFreeze ${namespace}/${name}: ${problem}`];
      return windows.length === 0
        ? [`ChangeFreeze ${namespace}/${name}: no window within ${HORIZON_DAYS} days.`]
        : [];
    }),
  ];
}
