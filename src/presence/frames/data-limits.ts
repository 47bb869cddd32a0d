import { shapeProblem } from '../../api/protocol/data-shape.ts';
import { MAX_DATA_BYTES, MAX_DATA_DEPTH } from '../../api/protocol/limits.ts';

/**
 * Finds the problem of the `data` of a message; undefined when it may be shown. The depth is checked before the size,
 * so that writing the JSON text never recurses far. Never throws.
 */
export function dataProblem(data: unknown): string | undefined {
  return shapeProblem(data) ?? sizeProblem(data);
}

/** The most bytes per character when JSON is parsed and encoded again: the 4 characters of `9e20` become 21 digits. */
const MAX_BYTES_PER_CHARACTER = 6;
/** An exponent that may be too large. Without one a number needs 309 digits, and such a frame is not short. */
const LARGE_EXPONENT = /\d[eE]\+?\d{3}/;

/** Bytes in UTF-8 have no half of a surrogate pair; only an escape can bring one. */
const ESCAPED_UNIT = '\\u';

/**
 * Whether the text of a frame alone shows that no `data` in it can break a limit. Nearly every frame is short and has few
 * brackets; to search it for them costs a tenth of a walk through the parsed value.
 */
export function isPlainText(frame: string): boolean {
  return (
    frame.length * MAX_BYTES_PER_CHARACTER <= MAX_DATA_BYTES &&
    count(frame, '{') + count(frame, '[') <= MAX_DATA_DEPTH &&
    !LARGE_EXPONENT.test(frame) &&
    !frame.includes(ESCAPED_UNIT)
  );
}

function count(text: string, character: string): number {
  let found = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) found++;
  return found;
}

/** Finds the problem of the bytes of the JSON text of `data`, which has no great depth. */
function sizeProblem(data: unknown): string | undefined {
  if (data === undefined) return undefined;
  return Buffer.byteLength(JSON.stringify(data)) <= MAX_DATA_BYTES ? undefined : TOO_LARGE;
}

const TOO_LARGE = `is larger than ${MAX_DATA_BYTES} bytes`;
