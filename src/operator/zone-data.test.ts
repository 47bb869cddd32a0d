import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import shipped from '../domain/calendar/zones/shipped-zones.json' with { type: 'json' };
import { readZoneDataFile, registerZoneDataMetrics } from './zone-data.ts';

describe('readZoneDataFile', () => {
  it('takes a file of zones build, and refuses another one by its name', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'presence-zones-'));
    try {
      const [good, bad] = [path.join(folder, 'zones.json'), path.join(folder, 'bad.json')];
      await writeFile(good, JSON.stringify({ ...shipped, version: '2027b' }));
      await writeFile(bad, '[]');
      expect(readZoneDataFile(good)).toMatchObject({ version: '2027b', asOf: shipped.asOf });
      expect(() => readZoneDataFile(bad)).toThrow(`ZONE_DATA_FILE ${bad}: format: must be`);
      expect(() => readZoneDataFile(path.join(folder, 'none'))).toThrow('ENOENT');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('metrics of the zone data', () => {
  it('say its day and version, and when it is outdated', async () => {
    const registry = new Registry();
    const clock = new ManualClock(new Date('2027-02-28T00:00:00Z'));
    registerZoneDataMetrics(registry, clock, {
      version: '2026f',
      asOf: '2026-11-30',
      runtimeTzdb: '2026c',
    });
    expect(await registry.metrics()).toContain(
      'presence_zone_data_as_of_timestamp_seconds{version="2026f"} 1795996800',
    );
    expect(await registry.metrics()).toContain('presence_zone_data_outdated 0');
    await clock.advance(86_400_000);
    expect(await registry.metrics()).toContain('presence_zone_data_outdated 1');
  });
});
