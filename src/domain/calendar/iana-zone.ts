import { zonesInForce } from './zones/zones-in-force.ts';

/**
 * Whether `name` is in the IANA time zone table, as a zone or as a link (`US/Eastern`, `EST5EDT`); upper and lower case
 * are the same. Fixed offsets (`+01:00`) are not zones: they follow no clock change. Nor are the short names that
 * ECMAScript's Intl takes beside the table, because they mean another place than most people think: `BST` is Dhaka.
 *
 * Source of the table: the zone data in force, which the project ships (docs/adr/0020-own-time-zone-data.md).
 */
export function isIanaTimeZone(name: string): boolean {
  return zonesInForce().zone(name) !== undefined;
}

/**
 * Why a name is refused, with what to write instead where that can be guessed: `BST is not an IANA time zone; write for
 * example Europe/London`.
 */
export function zoneRefusal(name: string): string {
  const better = ABBREVIATIONS[name.toUpperCase()] ?? sameCity(name);
  const hint = better.length === 0 ? '' : `; write for example ${better.join(' or ')}`;
  return `${name} is not an IANA time zone${hint}`;
}

/** `London`: names of the table that end so. */
function sameCity(name: string): readonly string[] {
  const end = `/${name.toLowerCase().replaceAll(' ', '_')}`;
  return zonesInForce()
    .names.filter((known) => known.toLowerCase().endsWith(end))
    .slice(0, MOST_SUGGESTED);
}

const MOST_SUGGESTED = 3;

/**
 * Zones that people mean by an abbreviation, the likeliest first. An abbreviation is no zone: most belong to several
 * countries, and half of the year a place has another one.
 */
const ABBREVIATIONS: Readonly<Record<string, readonly string[]>> = {
  ACT: ['Australia/Darwin', 'Australia/Adelaide'],
  ADT: ['America/Halifax'],
  AEDT: ['Australia/Sydney'],
  AEST: ['Australia/Sydney', 'Australia/Brisbane'],
  AET: ['Australia/Sydney', 'Australia/Brisbane'],
  AGT: ['America/Argentina/Buenos_Aires'],
  AKST: ['America/Anchorage'],
  ART: ['America/Argentina/Buenos_Aires', 'Africa/Cairo'],
  AST: ['America/Halifax', 'America/Puerto_Rico', 'Asia/Riyadh'],
  AWST: ['Australia/Perth'],
  BET: ['America/Sao_Paulo'],
  BRT: ['America/Sao_Paulo'],
  BST: ['Europe/London'],
  CAT: ['Africa/Harare', 'Africa/Maputo'],
  CDT: ['America/Chicago'],
  CEST: ['Europe/Berlin', 'Europe/Paris'],
  CNT: ['America/St_Johns'],
  CST: ['America/Chicago', 'Asia/Shanghai'],
  CTT: ['Asia/Shanghai'],
  EAT: ['Africa/Nairobi'],
  ECT: ['Europe/Paris', 'America/Guayaquil'],
  EDT: ['America/New_York'],
  EEST: ['Europe/Athens', 'Europe/Helsinki'],
  ET: ['America/New_York'],
  HKT: ['Asia/Hong_Kong'],
  IET: ['America/Indiana/Indianapolis'],
  IST: ['Asia/Kolkata', 'Europe/Dublin', 'Asia/Jerusalem'],
  JST: ['Asia/Tokyo'],
  KST: ['Asia/Seoul'],
  MDT: ['America/Denver'],
  MIT: ['Pacific/Apia', 'Pacific/Marquesas'],
  MSK: ['Europe/Moscow'],
  NET: ['Asia/Yerevan'],
  NST: ['America/St_Johns', 'Pacific/Auckland'],
  NZDT: ['Pacific/Auckland'],
  NZST: ['Pacific/Auckland'],
  PDT: ['America/Los_Angeles'],
  PLT: ['Asia/Karachi'],
  PNT: ['America/Phoenix'],
  PRT: ['America/Puerto_Rico'],
  PST: ['America/Los_Angeles', 'Asia/Manila'],
  PT: ['America/Los_Angeles'],
  SAST: ['Africa/Johannesburg'],
  SGT: ['Asia/Singapore'],
  SST: ['Pacific/Pago_Pago', 'Pacific/Guadalcanal'],
  VST: ['Asia/Ho_Chi_Minh'],
  WEST: ['Europe/Lisbon'],
};
