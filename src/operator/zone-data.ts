import { readFileSync } from 'node:fs';
import { Gauge, type Registry } from 'prom-client';
import { parseZoneText, type ZoneData } from '../domain/calendar/zones/zone-data.ts';
import { type ZoneDataInUse, zoneDataFinding } from '../domain/calendar/zones/zone-data-age.ts';
import type { Clock } from '../platform/runtime/clock.ts';

const MS_A_SECOND = 1000;

/**
 * Time zone data of a mounted file.
 *
 * @throws Error that names the file and what is wrong with it
 */
export function readZoneDataFile(file: string): ZoneData {
  try {
    return parseZoneText(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`ZONE_DATA_FILE ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** `presence_zone_data_as_of_timestamp_seconds` and `presence_zone_data_outdated`. */
export function registerZoneDataMetrics(registry: Registry, clock: Clock, zones: ZoneDataInUse): void {
  new Gauge({
    name: 'presence_zone_data_as_of_timestamp_seconds',
    help: 'Day on which the time zone data of the operator was known to be the newest, by its version.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version: zones.version }, Date.parse(zones.asOf) / MS_A_SECOND);
  new Gauge({
    name: 'presence_zone_data_outdated',
    help: '1 when that is more than 90 days ago, or Node has a newer release; otherwise 0.',
    registers: [registry],
    collect() {
      this.set(zoneDataFinding(zones, clock.now()).reason === 'Current' ? 0 : 1);
    },
  });
}
