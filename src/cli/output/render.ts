import { stringify } from 'yaml';
import type { CliContext } from '../context/context.ts';
import { WrongUse } from '../context/failure.ts';
import { colour } from './colour.ts';
import { compileJsonPath } from './jsonpath.ts';
import { wrap } from './wrap.ts';

const JSONPATH = 'jsonpath=';

/** Forms of a result. `wide` and `name` are for verbs that list objects. */
export type OutputFormat = 'text' | 'wide' | 'name' | 'json' | 'yaml' | `${typeof JSONPATH}${string}`;

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

/**
 * The same for verbs whose data a template can be applied to.
 *
 * @throws {WrongUse} when it is none of `formats` and no template
 */
export function outputFormatOrTemplate(chosen: string, formats: readonly OutputFormat[]): OutputFormat {
  if (!chosen.startsWith(JSONPATH)) return outputFormat(chosen, [...formats, `${JSONPATH}TEMPLATE`]);
  compileJsonPath(chosen.slice(JSONPATH.length));
  return chosen as OutputFormat;
}

/** The forms of one result. */
export interface Renderings {
  data: unknown;
  text: () => string;
  /** Left out: the text. */
  wide?: () => string;
  /** `presencecluster.presence.wedsync.io/wedsync`, a line each. */
  names?: () => readonly string[];
}

/** A result as text for people, fit to the screen, or as data. Only the requested form is computed. */
export function render(
  { screen }: Pick<CliContext, 'screen'>,
  format: OutputFormat,
  { data, text, wide, names }: Renderings,
): string {
  const forPeople = (plain: string, columns: number | undefined): string => {
    const fit = wrap(plain, columns);
    return screen.colour ? colour(fit) : fit;
  };
  switch (format) {
    case 'json':
      return JSON.stringify(data, null, 2);
    case 'yaml':
      return stringify(data).trimEnd();
    case 'text':
      return forPeople(text(), screen.columns);
    case 'wide':
      return forPeople((wide ?? text)(), undefined);
    case 'name':
      return (names?.() ?? []).join('\n');
    default:
      return compileJsonPath(format.slice(JSONPATH.length))(data);
  }
}
