import { stringify } from 'yaml';
import { WrongUse } from '../context/failure.ts';

export type OutputFormat = 'text' | 'json' | 'yaml';

/**
 * Checks `-o` against what a verb can print.
 *
 * @throws {WrongUse} when it is none of `formats`
 */
export function outputFormat<F extends string>(chosen: string, formats: readonly F[]): F {
  const format = formats.find((known) => known === chosen);
  if (format === undefined) throw new WrongUse(`-o ${chosen}: choose one of ${formats.join(', ')}`);
  return format;
}

/** A result as text for people, or as data. `text` is asked only when it is wanted. */
export function render(format: OutputFormat, data: unknown, text: () => string): string {
  switch (format) {
    case 'json':
      return JSON.stringify(data, null, 2);
    case 'yaml':
      return stringify(data).trimEnd();
    case 'text':
      return text();
  }
}
