import shipped from './shipped-zones.json' with { type: 'json' };
import { type ZoneData, type ZoneFile, zoneData } from './zone-data.ts';

/** The table that this release brings along: `make zone-data` writes it. */
export const SHIPPED_ZONES: ZoneData = zoneData(shipped as ZoneFile);

/**
 * The table that all local times go by. It is the one thing in the domain that can be replaced: a program does so once,
 * before its work begins, as it would choose the table of its runtime. docs/adr/0020-own-time-zone-data.md says why it
 * is no argument.
 */
const inForce = { data: SHIPPED_ZONES };

export function zonesInForce(): ZoneData {
  return inForce.data;
}

/** Replaces the table for the rest of the process. */
export function useZones(data: ZoneData): void {
  inForce.data = data;
}

/** What `compute` returns with another table, to compare two of them. */
export function withZones<T>(data: ZoneData, compute: () => T): T {
  const before = inForce.data;
  inForce.data = data;
  try {
    return compute();
  } finally {
    inForce.data = before;
  }
}
