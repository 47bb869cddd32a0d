import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { offsetAt } from '../time-zone.ts';
import { acceptWedding } from '../wedding-interval.ts';
import { ZONE_DATA_FORMAT, type ZoneFile, zoneData } from './zone-data.ts';
import { encodeZone } from './zone-history.ts';
import { SHIPPED_ZONES, withZones, zonesInForce } from './zones-in-force.ts';

const HOUR_S = 3600;
const DAY_S = 86_400;
const GOLDEN = new URL('../../../../test/golden/zone-offsets.txt', import.meta.url);

/** By Python's zoneinfo: test/golden/zone-offsets.py. */
function golden(): { version: string; zones: [string, string, string][] } {
  const [head = '', ...lines] = readFileSync(GOLDEN, 'utf8').trim().split('\n');
  return {
    version: head.replace('# ', ''),
    zones: lines.map((line) => line.split(' ') as [string, string, string]),
  };
}

function checksum(zone: string, fromYear: number, untilYear: number, stepSeconds: number): string {
  const [first, end] = [Date.UTC(fromYear, 0, 1) / 1000, Date.UTC(untilYear, 0, 1) / 1000];
  const bytes = Buffer.alloc(4 * Math.ceil((end - first) / stepSeconds));
  for (let at = first, index = 0; at < end; at += stepSeconds, index += 4) {
    bytes.writeInt32BE(offsetAt(zone, at * 1000) / 1000, index);
  }
  return crc32(bytes).toString(16).padStart(8, '0');
}

describe('the shipped zone data', () => {
  it('has the names of the IANA table, links included, and no others', () => {
    expect(SHIPPED_ZONES.version).toBe(golden().version);
    expect(SHIPPED_ZONES.names).toEqual(golden().zones.map(([name]) => name));
  });

  it('has every zone at the offsets that Python reads from the same release, 1970 to 2100', () => {
    const wrong = golden().zones.filter(
      ([name, rough, fine]) =>
        checksum(name, 1970, 2100, 30 * DAY_S) !== rough || checksum(name, 2020, 2040, 11 * HOUR_S) !== fine,
    );
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  it('repeats its rules for ever', () => {
    const [june, january] = [Date.UTC(2999, 5, 1), Date.UTC(9999, 0, 1)];
    expect([offsetAt('Europe/London', june), offsetAt('Europe/London', january)]).toEqual([3_600_000, 0]);
    expect(offsetAt('Australia/Sydney', january)).toBe(11 * 3_600_000);
    expect(offsetAt('Asia/Tokyo', january)).toBe(9 * 3_600_000);
  });

  it('knows of changes that are newer than the data of Node 26.10: Winnipeg stays on summer time in 2026', () => {
    const wedding = {
      date: '2027-01-16',
      timeZone: 'America/Winnipeg',
      ceremony: '14:00',
      ends: '23:00',
    };
    expect(acceptWedding(wedding)).toEqual({
      accepted: true,
      ceremony: new Date('2027-01-16T19:00:00Z'),
      ends: new Date('2027-01-17T04:00:00Z'),
    });
  });
});

describe('withZones', () => {
  const file: ZoneFile = {
    format: ZONE_DATA_FORMAT,
    version: '2030a',
    asOf: '2030-01-01',
    source: 'test',
    zones: { 'Etc/UTC': encodeZone(0, [], ''), 'Mars/Base': encodeZone(5400, [], '') },
  };

  it('has another table in force for one computation, also when that throws', () => {
    const inForce = zonesInForce();
    expect(withZones(zoneData(file), () => offsetAt('Mars/Base', 0))).toBe(5_400_000);
    expect(() => withZones(zoneData(file), () => offsetAt('Europe/London', 0))).toThrow('unknown time zone');
    expect(zonesInForce()).toBe(inForce);
  });
});
