import type { Command } from 'commander';
import type { Inventory, InventoryKind } from '../../reports/inventory.ts';
import type { CliContext, ClusterTarget } from '../context/context.ts';
import { durationArgument } from '../context/time-argument.ts';
import { readFiles } from '../inventory/from-files.ts';
import { unplacedWeddings, unservedWeddings } from '../inventory/unplaced-weddings.ts';
import { type OutputFormat, outputFormatOrTemplate } from '../output/render.ts';

/** Options that every verb takes. */
export interface GlobalOptions {
  namespace?: string;
  allNamespaces?: boolean;
  context?: string;
  kubeconfig?: string;
  output: string;
  filename?: string[];
  recursive?: boolean;
  as?: string;
  requestTimeout?: string;
}

export function addGlobalOptions(program: Command): void {
  program
    .option('-n, --namespace <name>', 'namespace of the objects')
    .option('-A, --all-namespaces', 'objects of all namespaces')
    .option('--context <name>', 'context of the kubeconfig file')
    .option('--kubeconfig <file>', 'kubeconfig file')
    .option('--as <user>', 'make requests in the name of this user')
    .option(
      '--request-timeout <length>',
      'limit of one request, for example 5s; 0 is none (default: 30s; version: 5s)',
    )
    .option(
      '-o, --output <format>',
      'text, wide, name, json, yaml or jsonpath=TEMPLATE; simulate and backtest print csv, too',
      'text',
    )
    .option(
      '-f, --filename <path>',
      'read the objects from a file, or all .yaml, .yml and .json files of a folder, and ask no cluster; - is stdin; may be repeated',
      repeated,
    )
    .option('-R, --recursive', 'with -f: folders in folders as well');
}

/** Collects the values of an option that may be repeated. */
export function repeated(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

/** What most verbs look at. */
const USUAL_KINDS: readonly InventoryKind[] = ['PresenceCluster', 'Wedding', 'RolloutFreeze'];

/** What verbs look at that are about ChangeFreezes as well. */
export const FREEZE_KINDS: readonly InventoryKind[] = [...USUAL_KINDS, 'ChangeFreeze'];

/** The part of the options that says which cluster is meant. */
export function clusterTarget(options: GlobalOptions): ClusterTarget {
  return {
    kubeconfig: options.kubeconfig,
    context: options.context,
    namespace: options.namespace,
    allNamespaces: options.allNamespaces ?? false,
    as: options.as,
    requestTimeoutMs: requestTimeout(options.requestTimeout),
  };
}

/** Longer than any answer takes; kubectl's 0 is no limit. */
const NO_LIMIT_MS = 24 * 3_600_000;

/** `5s`, `1m`, or seconds without a unit, as kubectl has it. */
function requestTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^[0-9]{1,6}$/.test(text) ? Number(text) * 1000 : durationArgument('--request-timeout', text);
  return ms === 0 ? NO_LIMIT_MS : Math.min(ms, NO_LIMIT_MS);
}

/**
 * The objects that the options point at, from files or from the cluster. Notes about them are printed.
 *
 * @param wanted kinds that are read from a cluster: the user of a verb must be allowed to list them
 */
export async function readInventory(
  context: CliContext,
  options: GlobalOptions,
  wanted: readonly InventoryKind[] = USUAL_KINDS,
): Promise<Inventory> {
  const inventory =
    options.filename === undefined
      ? await context.readCluster(clusterTarget(options), wanted)
      : await readFiles(
          context,
          { paths: options.filename, recursive: options.recursive ?? false },
          options.allNamespaces === true ? undefined : options.namespace,
        );
  const notes = [...inventory.notes, ...unplacedWeddings(inventory), ...unservedWeddings(inventory)];
  for (const note of notes) context.note(note);
  return inventory;
}

/** What a verb that shows objects begins with. */
export interface Reading<O extends GlobalOptions> {
  options: O;
  format: OutputFormat;
  inventory: Inventory;
}

const READING_FORMATS: readonly OutputFormat[] = ['text', 'wide', 'json', 'yaml'];

/**
 * The options of a verb that shows objects, checked, and the objects; a format that there is not costs no request.
 *
 * @param wanted as of {@link readInventory}
 * @param more forms that this verb has beside the usual ones
 */
export async function beginReading<O extends GlobalOptions = GlobalOptions>(
  context: CliContext,
  command: Command,
  wanted?: readonly InventoryKind[],
  more: readonly OutputFormat[] = [],
): Promise<Reading<O>> {
  const options = command.optsWithGlobals<O>();
  const format = outputFormatOrTemplate(options.output, [...READING_FORMATS, ...more]);
  return { options, format, inventory: await readInventory(context, options, wanted) };
}
