import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import { formatInstant } from '../../domain/calendar/instant.ts';
import type { Interval } from '../../domain/calendar/interval.ts';
import { argoSyncWindows, karpenterBudgets } from '../../domain/freeze/export-windows.ts';
import type { CliContext } from '../context/context.ts';
import { selectSome } from '../inventory/select.ts';
import { outputFormat } from '../output/render.ts';
import { FREEZE_DAYS, freezesOf, type PresenceClusterFreezes } from './freeze-plan.ts';
import { type GlobalOptions, readInventory } from './options.ts';

const EXAMPLES = `
Examples:
  kubectl presence freeze export --for argocd --project weddings > sync-windows.yaml
  kubectl presence freeze export --for karpenter --node-pool presence -f presence-cluster.yaml -f weddings.yaml`;

const TARGETS = ['argocd', 'karpenter'] as const;
type Target = (typeof TARGETS)[number];

interface ExportOptions extends GlobalOptions {
  for: Target;
  project: string;
  nodePool: string;
}

/** `freeze export`: the windows of the next 90 days in the form of another tool. */
export function addFreezeExport(freeze: Command, context: CliContext): void {
  freeze
    .command('export')
    .description('print the freeze windows as Argo CD sync windows or Karpenter disruption budgets')
    .argument('[name]', 'PresenceCluster; left out: all of the namespace')
    .addOption(new Option('--for <tool>', 'argocd or karpenter').choices([...TARGETS]).makeOptionMandatory())
    .option('--project <name>', 'AppProject that is to have the sync windows', 'default')
    .option('--node-pool <name>', 'NodePool that is to have the budgets', 'default')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<ExportOptions>();
      const format = outputFormat(options.output, ['text', 'yaml', 'json']);
      const inventory = await readInventory(context, options);
      const lists = selectSome(inventory, name).map((presenceCluster) =>
        freezesOf(inventory, presenceCluster, context.now, context.now),
      );
      const object = exported(options, lists);
      context.print(
        format === 'json'
          ? JSON.stringify(object, null, 2)
          : `${comment(options.for, context.now)}${stringify(object).trimEnd()}`,
      );
    });
}

function exported(options: ExportOptions, lists: readonly PresenceClusterFreezes[]): object {
  switch (options.for) {
    case 'argocd':
      return {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AppProject',
        metadata: { name: options.project },
        spec: {
          syncWindows: byNamespace(lists).flatMap(([namespace, windows]) =>
            argoSyncWindows(windows, namespace),
          ),
        },
      };
    case 'karpenter':
      return {
        apiVersion: 'karpenter.sh/v1',
        kind: 'NodePool',
        metadata: { name: options.nodePool },
        spec: { disruption: { budgets: karpenterBudgets(lists.flatMap(intervalsOf)) } },
      };
  }
}

/** Several PresenceClusters of one namespace are served by the same Applications. */
function byNamespace(lists: readonly PresenceClusterFreezes[]): [namespace: string, windows: Interval[]][] {
  const found = new Map<string, Interval[]>();
  for (const list of lists) {
    found.set(list.namespace, [...(found.get(list.namespace) ?? []), ...intervalsOf(list)]);
  }
  return [...found];
}

function intervalsOf({ windows }: PresenceClusterFreezes): Interval[] {
  return windows.map(({ from, until }) => ({ from: Date.parse(from), until: Date.parse(until) }));
}

const REMARKS: Record<Target, readonly string[]> = {
  argocd: [
    'Merge spec.syncWindows into the AppProject; it replaces the sync windows that are there.',
    'A sync that is held here is held by the operator and the admission policies anyway; these windows show it in Argo CD.',
  ],
  karpenter: [
    'Merge spec.disruption.budgets into the NodePool; the first one is the default of Karpenter for all other times.',
    'Budgets stop consolidation and drift, not expireAfter and not interruptions.',
    'At most 50 budgets fit: of more windows the closest neighbours are joined.',
  ],
};

function comment(target: Target, now: Date): string {
  return [
    `Freeze windows of the ${FREEZE_DAYS} days from ${formatInstant(now)}, in UTC.`,
    'Cron has no year: each window comes back on the same date of every year, and bookings change.',
    'Export again at least once a week, for example in a CI job, and replace what is there.',
    ...REMARKS[target],
  ]
    .map((line) => `# ${line}\n`)
    .join('');
}
