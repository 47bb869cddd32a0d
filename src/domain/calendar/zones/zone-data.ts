import { decodeZone, type ZoneHistory, type ZoneText } from './zone-history.ts';

/** Tells our file from any other JSON. */
export const ZONE_DATA_FORMAT = 'presence-zone-data/1';

/** A version of the IANA time zone table, as it lies in a file. */
export interface ZoneFile {
  format: typeof ZONE_DATA_FORMAT;
  /** As IANA names releases: `2026f`. */
  version: string;
  /** The day (`2026-11-30`) on which this was the newest release that the maker of the file could get. */
  asOf: string;
  /** Where the maker got it. */
  source: string;
  /** By names that are links of each other, apart by a blank: their offsets since 1970. */
  zones: Record<string, ZoneText>;
}

/** A version of the IANA time zone table, ready for look-ups. */
export interface ZoneData {
  version: string;
  asOf: string;
  source: string;
  /** What it was made of. */
  file: ZoneFile;
  /** All names, links included, as IANA spells them. */
  names: readonly string[];
  /** The history of a zone; upper and lower case are the same. Undefined: the table has no such name. */
  zone(name: string): ZoneHistory | undefined;
}

/** Four times of what the whole table takes. */
const MAX_ZONE_FILE_BYTES = 524_288;
/** The table has about 600 names. */
const MAX_NAMES = 2000;
const NAME = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/;
const VERSION = /^\d{4}[a-z]{1,2}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Zone data of a file, all of it checked.
 *
 * @throws {RangeError} that names what is wrong
 */
export function parseZoneData(file: unknown): ZoneData {
  const { format, version, asOf, source, zones } = (file ?? {}) as Partial<Record<keyof ZoneFile, unknown>>;
  if (format !== ZONE_DATA_FORMAT) throw new RangeError(`format: must be "${ZONE_DATA_FORMAT}"`);
  if (typeof version !== 'string' || !VERSION.test(version))
    throw new RangeError('version: must be a release of the IANA table such as 2026f');
  if (typeof asOf !== 'string' || !DAY.test(asOf) || Number.isNaN(Date.parse(asOf)))
    throw new RangeError('asOf: must be a day such as 2026-11-30');
  if (typeof source !== 'string') throw new RangeError('source: must be a text');
  if (typeof zones !== 'object' || zones === null) throw new RangeError('zones: must be an object');
  for (const [names, text] of Object.entries(zones)) checkZone(names, text);
  const data = zoneData({ format, version, asOf, source, zones: zones as Record<string, ZoneText> });
  if (data.names.length > MAX_NAMES) throw new RangeError(`zones: more than ${MAX_NAMES} names`);
  if (data.zone('Etc/UTC') === undefined) throw new RangeError('zones: Etc/UTC is missing');
  return data;
}

/**
 * The same from the text of a file.
 *
 * @throws {RangeError} that names what is wrong
 */
export function parseZoneText(text: string): ZoneData {
  if (text.length > MAX_ZONE_FILE_BYTES) throw new RangeError(`more than ${MAX_ZONE_FILE_BYTES} bytes`);
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw new RangeError(`is not JSON: ${(error as Error).message}`);
  }
  return parseZoneData(file);
}

/** Zone data of a file that is known to be right. A zone is decoded when it is first asked for. */
export function zoneData(file: ZoneFile): ZoneData {
  const { version, asOf, source, zones } = file;
  const texts = new Map<string, ZoneText>();
  const spellings = new Map<string, string>();
  for (const [names, text] of Object.entries(zones)) {
    for (const name of names.split(' ')) {
      texts.set(name, text);
      spellings.set(name.toLowerCase(), name);
    }
  }
  const decoded = new Map<string, ZoneHistory>();
  const find = (asked: string): ZoneHistory | undefined => {
    const name = spellings.get(asked.toLowerCase());
    if (name === undefined) return undefined;
    const history = decoded.get(name) ?? decodeZone(texts.get(name) ?? '');
    decoded.set(name, history);
    return history;
  };
  return {
    version,
    asOf,
    source,
    file,
    names: [...texts.keys()].sort(),
    zone: (name) => decoded.get(name) ?? find(name),
  };
}

function checkZone(names: string, text: unknown): void {
  const wrong = names.split(' ').find((name) => !NAME.test(name));
  if (wrong !== undefined) throw new RangeError(`zones: "${wrong}" is not a name`);
  if (typeof text !== 'string') throw new RangeError(`zones: ${names}: must be a text`);
  try {
    decodeZone(text);
  } catch (error) {
    throw new RangeError(`zones: ${names}: ${(error as Error).message}`);
  }
}
