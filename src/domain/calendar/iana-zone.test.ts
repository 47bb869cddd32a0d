import { describe, expect, it } from 'vitest';
import { isIanaTimeZone, zoneRefusal } from './iana-zone.ts';
import { acceptWedding } from './wedding-interval.ts';

/** Names that Intl of Node 26 takes beside the IANA table. */
const SHORT_NAMES = [
  ...['ACT', 'AET', 'AGT', 'ART', 'AST', 'BET', 'BST', 'CAT', 'CNT', 'CST', 'CTT', 'EAT', 'ECT'],
  ...['IET', 'IST', 'JST', 'MIT', 'NET', 'NST', 'PLT', 'PNT', 'PRT', 'PST', 'SST', 'VST'],
];

describe('isIanaTimeZone', () => {
  it('takes zones and links', () => {
    const zones = ['Europe/London', 'UTC', 'Etc/GMT+10', 'Etc/GMT-14', 'America/Argentina/Buenos_Aires'];
    const links = [
      'US/Eastern',
      'EST5EDT',
      'EST',
      'GB',
      'Asia/Calcutta',
      'America/Coyhaique',
      'europe/london',
    ];
    expect([...zones, ...links].filter((zone) => !isIanaTimeZone(zone))).toEqual([]);
  });

  it('refuses what is none, whatever Intl takes', () => {
    const others = ['Europe/Londn', '+01:00', 'GMT+25', 'Mars/Base+10', 'Z', '', 'Factory', '__proto__'];
    expect([...others, ...SHORT_NAMES, 'bst'].filter(isIanaTimeZone)).toEqual([]);
  });

  it('takes every name that the runtime lists', () => {
    expect(Intl.supportedValuesOf('timeZone').filter((zone) => !isIanaTimeZone(zone))).toEqual([]);
  });
});

describe('zoneRefusal', () => {
  it('suggests zones for every short name that Intl takes, and each of them is one', () => {
    const suggested = SHORT_NAMES.map((name) => zoneRefusal(name).split('; write for example ')[1]);
    expect(suggested.filter((hint) => hint === undefined)).toEqual([]);
    expect(
      suggested.flatMap((hint) => hint?.split(' or ')).filter((zone) => !isIanaTimeZone(zone ?? '')),
    ).toEqual([]);
  });

  it.each([
    ['BST', 'BST is not an IANA time zone; write for example Europe/London'],
    ['london', 'london is not an IANA time zone; write for example Europe/London'],
    ['New York', 'New York is not an IANA time zone; write for example America/New_York'],
    ['Europe/Londn', 'Europe/Londn is not an IANA time zone'],
  ])('of %s', (name, message) => {
    expect(zoneRefusal(name)).toBe(message);
  });

  it('is what a Wedding with a short name gets', () => {
    expect(acceptWedding({ date: '2027-06-05', timeZone: 'BST', ceremony: '14:30', ends: '01:00' })).toEqual({
      accepted: false,
      reason: 'UnknownTimeZone',
      message: 'spec.timeZone: BST is not an IANA time zone; write for example Europe/London',
    });
  });
});
