import { formatWallClock } from '../../domain/calendar/instant.ts';
import type { ChangeFreezeWindows } from '../../reports/change-freeze-windows.ts';
import { table } from '../output/table.ts';
import { type FreezeGap, openBefore } from './freeze-gaps.ts';
import { weddingList } from './freeze-sentence.ts';

/** The windows of a PresenceCluster or of a ChangeFreeze, and the open time between them. */
export interface ListedWindows
  extends Pick<ChangeFreezeWindows, 'namespace' | 'name' | 'timeZone' | 'windows'> {
  readonly gaps: readonly FreezeGap[];
}

/**
 * A line for each window.
 *
 * @param kind heading of the column with the names of their objects
 * @returns undefined when there is no window
 */
export function freezeTable(
  kind: 'PRESENCECLUSTER' | 'CHANGEFREEZE',
  lists: readonly ListedWindows[],
  nameOf: (id: string) => string,
): string | undefined {
  const rows = lists.flatMap(({ namespace, name, timeZone, windows, gaps }) =>
    windows.map(({ from, until, reason, weddings, notListed = 0 }) => [
      `${namespace}/${name}`,
      openBefore(gaps, from),
      formatWallClock(timeZone, new Date(from)),
      formatWallClock(timeZone, new Date(until)),
      timeZone,
      reason,
      weddingList(weddings, nameOf, notListed),
    ]),
  );
  const head = [kind, 'OPEN-BEFORE', 'FROM', 'UNTIL', 'ZONE', 'REASON', 'WEDDINGS'];
  return rows.length === 0 ? undefined : table(head, rows);
}
