import { mutateJson } from './mutate-json.ts';
import type { Random } from './random-number.ts';

/** Longer inputs find little that shorter ones do not, and cost more; feeds of megabytes have a test of their own. */
export const MAX_INPUT_BYTES = 16_384;
const BYTE_VALUES = 256;

/** A new input: of an old one, with bytes, lines, words or values changed. */
export function mutate(corpus: readonly Uint8Array[], words: readonly string[], random: Random): Uint8Array {
  const one = pick(corpus, random);
  const kind = random();
  if (kind < 0.4) {
    const json = mutateJson(Buffer.from(one).toString(), words, random);
    if (json !== undefined) return Buffer.from(json).subarray(0, MAX_INPUT_BYTES);
  }
  if (kind > 0.9) return spliced(one, pick(corpus, random), random);
  let bytes: Buffer = Buffer.from(one);
  const changes = 1 + Math.floor(random() ** 3 * 12);
  for (let change = 0; change < changes; change++)
    bytes = random() < 0.4 ? changeLine(bytes, words, random) : changeBytes(bytes, words, random);
  return bytes.subarray(0, MAX_INPUT_BYTES);
}

function changeBytes(bytes: Buffer, words: readonly string[], random: Random): Buffer {
  const at = Math.floor(random() * (bytes.length + 1));
  const length = 1 + Math.floor(random() ** 4 * 200);
  switch (Math.floor(random() * 6)) {
    case 0: {
      if (bytes.length === 0) return bytes;
      const changed = Buffer.from(bytes);
      const place = Math.min(at, bytes.length - 1);
      changed[place] = (changed[place] as number) ^ (1 << Math.floor(random() * 8));
      return changed;
    }
    case 1:
      return inserted(bytes, at, Buffer.from([Math.floor(random() * BYTE_VALUES)]));
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 3:
      return inserted(bytes, at, bytes.subarray(at, at + length));
    case 4: {
      const word = Buffer.from(pick(words, random));
      return Buffer.concat([bytes.subarray(0, at), word, bytes.subarray(at + word.length)]);
    }
    default:
      return inserted(bytes, at, Buffer.from(pick(words, random)));
  }
}

/** Formats of lines: one goes, comes twice, changes its place, or a number in it changes. */
function changeLine(bytes: Buffer, words: readonly string[], random: Random): Buffer {
  // Latin 1 keeps every byte.
  const lines = bytes.toString('latin1').split('\n');
  const at = Math.floor(random() * lines.length);
  const line = lines[at] as string;
  switch (Math.floor(random() * 5)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(Math.floor(random() * (lines.length + 1)), 0, line);
      break;
    case 2:
      lines[at] = lines[lines.length - 1 - at] as string;
      break;
    case 3:
      lines[at] = line.replace(/\d+/, () => String(Math.floor(random() ** 4 * 1e12)));
      break;
    default:
      lines.splice(at, 0, pick(words, random));
  }
  return Buffer.from(lines.join('\n'), 'latin1');
}

function spliced(one: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const head = one.subarray(0, Math.floor(random() * (one.length + 1)));
  const tail = other.subarray(Math.floor(random() * (other.length + 1)));
  return Buffer.concat([head, tail]).subarray(0, MAX_INPUT_BYTES);
}

function inserted(bytes: Buffer, at: number, more: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)] as T;
}
