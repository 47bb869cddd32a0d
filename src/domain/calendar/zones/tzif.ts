import { encodeZone, type ZoneText } from './zone-history.ts';

/**
 * Reads a compiled time zone file, as in `/usr/share/zoneinfo`: its 64-bit block and its rule for later years.
 *
 * Source: RFC 9636 section 3.
 *
 * @throws {RangeError} when the bytes are no TZif file of version 2 or later
 */
export function readTzif(bytes: Uint8Array): ZoneText {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const old = header(view, 0);
  const start = HEADER_BYTES + blockLength(old, 4);
  const counts = header(view, start);
  const transitions = start + HEADER_BYTES;
  const order = transitions + counts.transitions * 8;
  const types = order + counts.transitions;
  const offsetOf = (type: number): number => {
    if (type >= counts.types) throw new RangeError(`type ${type} of ${counts.types}`);
    return view.getInt32(types + type * TYPE_BYTES);
  };
  const changes = Array.from({ length: counts.transitions }, (_, index): [number, number] => [
    Number(view.getBigInt64(transitions + index * 8)),
    offsetOf(view.getUint8(order + index)),
  ]);
  return encodeZone(offsetOf(0), changes, footer(bytes, transitions + blockLength(counts, 8)));
}

const MAGIC = 'TZif';
const HEADER_BYTES = 44;
/** Offset, daylight flag and index of the abbreviation. */
const TYPE_BYTES = 6;

interface Counts {
  utIndicators: number;
  standardIndicators: number;
  leapSeconds: number;
  transitions: number;
  types: number;
  characters: number;
}

function header(view: DataView, at: number): Counts {
  if (view.byteLength < at + HEADER_BYTES) throw new RangeError('the file is too short');
  const magic = String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(at + index)));
  const version = view.getUint8(at + 4);
  if (magic !== MAGIC || version < '2'.charCodeAt(0)) throw new RangeError('not TZif of version 2 or later');
  const [utIndicators, standardIndicators, leapSeconds, transitions, types, characters] = [
    20, 24, 28, 32, 36, 40,
  ].map((offset) => view.getUint32(at + offset)) as [number, number, number, number, number, number];
  const counts = { utIndicators, standardIndicators, leapSeconds, transitions, types, characters };
  if (Object.values(counts).some((count) => count > view.byteLength)) throw new RangeError('wrong counts');
  return counts;
}

function blockLength(counts: Counts, timeBytes: 4 | 8): number {
  return (
    counts.transitions * (timeBytes + 1) +
    counts.types * TYPE_BYTES +
    counts.characters +
    counts.leapSeconds * (timeBytes + 4) +
    counts.standardIndicators +
    counts.utIndicators
  );
}

/** The rule between the two line ends that close the file. */
function footer(bytes: Uint8Array, at: number): string {
  const text = String.fromCharCode(...bytes.subarray(at));
  if (!/^\n[^\n]*\n$/.test(text)) throw new RangeError('the file has no rule at its end');
  return text.trim();
}
