import { describe, expect, it } from 'vitest';
import { buildZoneFile } from './build-zone-file.ts';
import { changesOfYear, parsePosixRule } from './posix-rule.ts';
import { parseZoneData, ZONE_DATA_FORMAT } from './zone-data.ts';
import { decodeZone, encodeZone, offsetIn } from './zone-history.ts';

const GOOD = {
  format: ZONE_DATA_FORMAT,
  version: '2026f',
  asOf: '2026-11-30',
  source: 'test',
  zones: { 'Etc/UTC UTC': '0|||UTC0' },
};

describe('a file of zone data', () => {
  it('gives its zones by each of their names', () => {
    const data = parseZoneData(GOOD);
    expect(data.names).toEqual(['Etc/UTC', 'UTC']);
    expect(data.zone('utc')).toBe(data.zone('UTC'));
  });

  it.each([
    ['another format', { ...GOOD, format: 'tz' }, 'format: must be "presence-zone-data/1"'],
    ['nothing', null, 'format: must be'],
    ['no version', { ...GOOD, version: 'newest' }, 'version: must be a release'],
    ['no day', { ...GOOD, asOf: '2026-13-40' }, 'asOf: must be a day'],
    ['no zones', { ...GOOD, zones: undefined }, 'zones: must be an object'],
    ['no UTC', { ...GOOD, zones: { GB: '0|||GMT0' } }, 'zones: Etc/UTC is missing'],
    ['a wrong name', { ...GOOD, zones: { '../x': '0|||UTC0' } }, 'zones: "../x" is not a name'],
    ['a number', { ...GOOD, zones: { 'Etc/UTC': 1 } }, 'zones: Etc/UTC: must be a text'],
    ['offsets of days', { ...GOOD, zones: { GB: '99999999|||' } }, 'zones: GB: the offsets'],
    ['offsets that lack', { ...GOOD, zones: { GB: '0|12|1 1|' } }, 'zones: GB: changes and offsets'],
    [
      'changes that go back',
      { ...GOOD, zones: { GB: '0|0|-1|' } },
      'zones: GB: the changes are not in order',
    ],
    ['a wrong rule', { ...GOOD, zones: { GB: '0|||soon' } }, '"soon" is not a POSIX time zone rule'],
    ['month 13', { ...GOOD, zones: { GB: '0|||A1BCD0,M13.1.0,M1.1.0' } }, 'is not a POSIX time zone rule'],
  ])('is refused with %s', (_, file, message) => {
    expect(() => parseZoneData(file)).toThrow(message);
  });
});

describe('encodeZone', () => {
  it('folds what was before 1970 into the first offset', () => {
    const text = encodeZone(
      -75,
      [
        [-100, 3600],
        [100, 0],
        [200, 3600],
      ],
      'GMT0',
    );
    const zone = decodeZone(text);
    expect([-1e9, 99, 100, 199, 200, 1e12].map((at) => offsetIn(zone, at))).toEqual([
      3600, 3600, 0, 0, 3600, 3600,
    ]);
  });
});

describe('a POSIX rule', () => {
  const instants = (rule: string, year: number): [string, number][] =>
    changesOfYear(parsePosixRule(rule), year).map(([at, offset]) => [
      new Date(at * 1000).toISOString().slice(0, 16),
      offset / 3600,
    ]);

  it.each([
    [
      'the last Sunday',
      'GMT0BST,M3.5.0/1,M10.5.0',
      [
        ['2027-03-28T01:00', 1],
        ['2027-10-31T01:00', 0],
      ],
    ],
    [
      'the south',
      'AEST-10AEDT,M10.1.0,M4.1.0/3',
      [
        ['2027-04-03T16:00', 10],
        ['2027-10-02T16:00', 11],
      ],
    ],
    [
      'winter time below standard',
      'IST-1GMT0,M10.5.0,M3.5.0/1',
      [
        ['2027-03-28T01:00', 1],
        ['2027-10-31T01:00', 0],
      ],
    ],
    [
      'hours before midnight',
      '<-02>2<-01>,M3.5.0/-1,M10.5.0/0',
      [
        ['2027-03-28T01:00', -1],
        ['2027-10-31T01:00', -2],
      ],
    ],
    [
      'hours of two days later',
      'EET-2EEST,M3.4.4/50,M10.4.4/50',
      [
        ['2027-03-27T00:00', 3],
        ['2027-10-29T23:00', 2],
      ],
    ],
    [
      'days of the year',
      'AAA0BBB,J60/0,59/0',
      [
        ['2028-02-28T23:00', 0],
        ['2028-03-01T00:00', 1],
      ],
    ],
    ['no daylight time', 'EST5', []],
  ])('with %s', (_, rule, expected) => {
    expect(instants(rule, rule.includes('J60') ? 2028 : 2027)).toEqual(expected);
  });
});

describe('buildZoneFile', () => {
  const table = new TextEncoder().encode('# version 2026f\n');

  it('refuses a folder that does not say its release, and a zone that is cut off', () => {
    const build = (files: [string, Uint8Array][]): unknown =>
      buildZoneFile({ files: new Map(files), asOf: '2026-11-30', source: 'test' });
    expect(() => build([])).toThrow('tzdata.zi: its first line must name the release');
    expect(() =>
      build([
        ['tzdata.zi', table],
        ['GB', new TextEncoder().encode('TZif2')],
      ]),
    ).toThrow('GB: the file is too short');
  });
});
