import type { FleetRow, FleetUpdate } from '../../api/dashboard/fleet.ts';

/** The rows after a message of the server. */
export function updatedRows(
  rows: ReadonlyMap<string, FleetRow> | undefined,
  { isWhole, rows: changed, removed }: FleetUpdate,
): ReadonlyMap<string, FleetRow> {
  const after = new Map(isWhole ? [] : (rows ?? []));
  for (const key of removed) after.delete(key);
  for (const row of changed) after.set(row.key, row);
  return after;
}
