import { readTzif } from './tzif.ts';
import { parseZoneData, ZONE_DATA_FORMAT, type ZoneFile } from './zone-data.ts';
import type { ZoneText } from './zone-history.ts';

/** What a folder such as `/usr/share/zoneinfo` holds. */
export interface ZoneSources {
  /** Files by their path in the folder, which is the name of the zone; others than zones may be among them. */
  files: ReadonlyMap<string, Uint8Array>;
  /** The day on which this is known to be the newest release. */
  asOf: string;
  /** Where it comes from, for people. */
  source: string;
}

/** Copies of the table in other forms (`right/` counts leap seconds), and names that are not places. */
const NOT_ZONES = /^(?:posix|right)\/|^(?:posixrules|localtime|Factory)$/;
/** The source text of the table; its first line names the release. */
const TABLE_SOURCE = 'tzdata.zi';
const VERSION = /^# version (\d{4}[a-z]{1,2})\b/;
const MAGIC = 'TZif';

/**
 * One file of zone data from a folder of compiled zones.
 *
 * @throws {RangeError} when the folder does not say its release, or a zone in it cannot be read
 */
export function buildZoneFile({ files, asOf, source }: ZoneSources): ZoneFile {
  const groups = new Map<ZoneText, string[]>();
  for (const name of [...files.keys()].sort()) {
    const bytes = files.get(name) as Uint8Array;
    if (NOT_ZONES.test(name) || ascii(bytes, MAGIC.length) !== MAGIC) continue;
    const text = readZone(name, bytes);
    groups.set(text, [...(groups.get(text) ?? []), name]);
  }
  const file: ZoneFile = {
    format: ZONE_DATA_FORMAT,
    version: versionOf(files.get(TABLE_SOURCE)),
    asOf,
    source,
    zones: Object.fromEntries([...groups].map(([text, names]) => [names.join(' '), text])),
  };
  parseZoneData(file);
  return file;
}

function readZone(name: string, bytes: Uint8Array): ZoneText {
  try {
    return readTzif(bytes);
  } catch (error) {
    throw new RangeError(`${name}: ${(error as Error).message}`);
  }
}

function versionOf(table: Uint8Array | undefined): string {
  const version = table === undefined ? undefined : VERSION.exec(ascii(table, 64))?.[1];
  if (version !== undefined) return version;
  throw new RangeError(`${TABLE_SOURCE}: its first line must name the release, such as "# version 2026f"`);
}

function ascii(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}
