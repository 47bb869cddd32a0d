import type { Command } from 'commander';
import type { CliContext, ClusterTarget } from '../context/context.ts';
import type { Inventory, InventoryKind } from '../context/inventory.ts';
import { readFiles } from '../inventory/from-files.ts';
import { type OutputFormat, outputFormat } from '../output/render.ts';

/** Options that every verb takes. */
export interface GlobalOptions {
  namespace?: string;
  allNamespaces?: boolean;
  context?: string;
  kubeconfig?: string;
  output: string;
  filename?: string[];
}

export function addGlobalOptions(program: Command): void {
  program
    .option('-n, --namespace <name>', 'namespace of the objects')
    .option('-A, --all-namespaces', 'objects of all namespaces')
    .option('--context <name>', 'context of the kubeconfig file')
    .option('--kubeconfig <file>', 'kubeconfig file')
    .option('-o, --output <format>', 'text, json or yaml; simulate and backtest print csv, too', 'text')
    .option(
      '-f, --filename <file>',
      'read the objects from a YAML or JSON file and ask no cluster; - is stdin; may be repeated',
      (file: string, earlier: string[] | undefined) => [...(earlier ?? []), file],
    );
}

/** What most verbs look at. */
const USUAL_KINDS: readonly InventoryKind[] = ['PresenceCluster', 'Wedding', 'RolloutFreeze'];

/** The part of the options that says which cluster is meant. */
export function clusterTarget(options: GlobalOptions): ClusterTarget {
  return {
    kubeconfig: options.kubeconfig,
    context: options.context,
    namespace: options.namespace,
    allNamespaces: options.allNamespaces ?? false,
  };
}

/**
 * The objects that the options point at, from files or from the cluster. Notes about them are printed.
 *
 * @param wanted kinds that a cluster is asked for: whoever runs a verb must be allowed to list them
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
          options.filename,
          options.allNamespaces === true ? undefined : options.namespace,
        );
  for (const note of inventory.notes) context.note(note);
  return inventory;
}

/** What a verb that shows objects begins with. */
export interface Reading<O extends GlobalOptions> {
  options: O;
  format: OutputFormat;
  inventory: Inventory;
}

const READING_FORMATS: readonly OutputFormat[] = ['text', 'json', 'yaml'];

/**
 * The options of a verb that shows objects, checked, and the objects; a format that there is not costs no request.
 *
 * @param wanted as of {@link readInventory}
 */
export async function beginReading<O extends GlobalOptions = GlobalOptions>(
  context: CliContext,
  command: Command,
  wanted?: readonly InventoryKind[],
): Promise<Reading<O>> {
  const options = command.optsWithGlobals<O>();
  const format = outputFormat(options.output, READING_FORMATS);
  return { options, format, inventory: await readInventory(context, options, wanted) };
}
