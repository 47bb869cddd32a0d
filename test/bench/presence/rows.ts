import type { CachesRow } from './caches.ts';
import type { CapacityRow, LanesRow } from './capacity.ts';
import type { FaultRow } from './faults.ts';
import type { IdleRow } from './idle.ts';
import type { RedisDeathRow } from './redis-death.ts';
import type { SteadyRow } from './steady.ts';

/** Everything that one run may have measured. */
export type Row = SteadyRow | FaultRow | CapacityRow | LanesRow | RedisDeathRow | IdleRow | CachesRow;

/** What `--rows` chooses from, in the order in which they run. `lanes` needs a capacity, so these two come together. */
export const ROW_NAMES = [
  'steady',
  'storm',
  'roll',
  'kill',
  'capacity',
  'lanes',
  'redis',
  'idle',
  'caches',
] as const;
export type RowName = (typeof ROW_NAMES)[number];

/** The rows of a list by comma; all of them when there is no list. @throws Error for a name that is none. */
export function chooseRows(list: string | undefined): readonly RowName[] {
  if (list === undefined) return ROW_NAMES;
  const wanted = list.split(',').map((name) => name.trim());
  for (const name of wanted) {
    if (!ROW_NAMES.some((known) => known === name))
      throw new Error(`there is no row "${name}"; rows are ${ROW_NAMES.join(', ')}`);
  }
  return ROW_NAMES.filter((name) => wanted.includes(name));
}
