import type { Command, Option } from 'commander';
import type { InventoryKind } from '../../reports/inventory.ts';
import type { CliContext } from '../context/context.ts';
import { clusterTarget, type GlobalOptions } from '../verbs/options.ts';

/** A shell that waits longer for a word feels broken. */
const ASK_LIMIT_MS = 2000;
const OUTPUTS = ['text', 'wide', 'name', 'json', 'yaml', 'csv', 'jsonpath='];

/**
 * Words that can follow on the command line: verbs, options, values of options, and names from the cluster.
 *
 * @param words after the name of the program; the last one is not finished, and empty when nothing of it is typed
 */
export async function complete(
  program: Command,
  context: CliContext,
  words: readonly string[],
): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const line = readLine(program, words.slice(0, -1));
  const candidates =
    line.pending === undefined ? await wordsFor(context, line, current) : valuesOf(line.pending);
  return candidates.filter((word) => word.startsWith(current)).sort();
}

interface TypedLine {
  verb: Command;
  options: GlobalOptions;
  /** Words that belong to no option. */
  operands: number;
  /** The option whose value comes next. */
  pending?: Option;
}

function readLine(program: Command, words: readonly string[]): TypedLine {
  let line: TypedLine = { verb: program, operands: 0, options: {} as GlobalOptions };
  for (const word of words) line = withWord(line, word);
  return line;
}

function withWord({ pending, ...line }: TypedLine, word: string): TypedLine {
  const { verb, options, operands } = line;
  if (pending !== undefined) return { ...line, options: { ...options, [pending.attributeName()]: word } };
  if (!word.startsWith('-')) {
    const below = verb.commands.find((each) => each.name() === word);
    return below === undefined ? { ...line, operands: operands + 1 } : { ...line, verb: below };
  }
  const [name = '', value] = word.split('=', 2);
  const option = optionsOf(verb).find(({ short, long }) => short === name || long === name);
  if (option === undefined) return line;
  if (value === undefined && option.required) return { ...line, pending: option };
  return { ...line, options: { ...options, [option.attributeName()]: value ?? true } };
}

async function wordsFor(
  context: CliContext,
  { verb, options, operands }: TypedLine,
  current: string,
): Promise<string[]> {
  if (current.startsWith('-')) return optionsOf(verb).flatMap(({ long }) => long ?? []);
  if (verb.commands.length > 0) {
    return verb.commands.map((each) => each.name()).filter((name) => !name.startsWith('__'));
  }
  const argument = verb.registeredArguments[operands];
  if (argument?.name() === 'shell') return argument.description.split(', ');
  return argument?.name() === 'name' || argument?.name() === 'cluster'
    ? namesOf(context, options, 'PresenceCluster')
    : [];
}

/** Nothing when the cluster cannot be asked: a completion never fails. */
async function namesOf(context: CliContext, options: GlobalOptions, kind: InventoryKind): Promise<string[]> {
  try {
    const target = { ...clusterTarget(options), requestTimeoutMs: ASK_LIMIT_MS };
    const { presenceClusters } = await context.readCluster(target, [kind]);
    return presenceClusters.map(({ metadata }) => metadata.name);
  } catch {
    return [];
  }
}

function valuesOf(option: Option): string[] {
  return option.argChoices ?? (option.long === '--output' ? OUTPUTS : []);
}

function optionsOf(verb: Command): Option[] {
  return [...verb.options, ...(verb.parent === null ? [] : optionsOf(verb.parent))];
}
