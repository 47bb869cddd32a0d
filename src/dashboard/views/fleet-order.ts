import type { ClusterState, FleetRow } from '../../api/dashboard/fleet.ts';

/** What a board shows of all rows. */
export type FleetFilter = 'All' | 'Trouble' | 'Frozen' | 'Waiting';

const RANK: Readonly<Record<ClusterState, number>> = {
  Broken: 0,
  NotReady: 1,
  Attention: 2,
  Unknown: 3,
  Ready: 4,
};

/** Whether a freeze is on. */
export function isFrozen({ freeze }: FleetRow, nowMs: number): boolean {
  return freeze !== undefined && Date.parse(freeze.from) <= nowMs && nowMs < Date.parse(freeze.until);
}

/** Whether a row passes a filter and holds a text in a name. */
export function matches(row: FleetRow, filter: FleetFilter, text: string, nowMs: number): boolean {
  if (!row.key.includes(text.trim().toLowerCase())) return false;
  if (filter === 'Trouble') return row.state !== 'Ready' || row.isStale;
  if (filter === 'Frozen') return isFrozen(row, nowMs);
  return filter === 'All' || row.waits.length > 0;
}

/** What needs a look first, then what changes next, then by name. */
export function inOrder(rows: readonly FleetRow[], nowMs: number): FleetRow[] {
  const next = ({ freeze, nextChange }: FleetRow): number => {
    const times = [freeze?.from, freeze?.until, nextChange?.at].map((at) => Date.parse(at ?? ''));
    return Math.min(...times.filter((ms) => ms > nowMs), Number.MAX_SAFE_INTEGER);
  };
  return [...rows].sort(
    (a, b) => RANK[a.state] - RANK[b.state] || next(a) - next(b) || (a.key < b.key ? -1 : 1),
  );
}
