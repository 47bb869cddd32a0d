import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import { formatInstant } from '../../domain/calendar/instant.ts';
import type { Interval } from '../../domain/calendar/interval.ts';
import { argoSyncWindows, karpenterBudgets } from '../../domain/freeze/export-windows.ts';
import { alertmanagerTimes } from '../../domain/freeze/export-windows-alertmanager.ts';
import { FREEZE_DAYS, freezesOf, type PresenceClusterFreezes } from '../../reports/freeze-plan.ts';
import { weddingNames } from '../../reports/wedding-ids.ts';
import type { CliContext } from '../context/context.ts';
import { WrongUse } from '../context/failure.ts';
import { selectSome } from '../inventory/select.ts';
import { outputFormat } from '../output/render.ts';
import { freezeCalendar } from './freeze-calendar.ts';
import { type GlobalOptions, readInventory, repeated } from './options.ts';

const EXAMPLES = `
Examples:
  kubectl presence freeze export --for argocd --project weddings > sync-windows.yaml
  kubectl presence freeze export --for argocd -A --application 'crews-*' --application presence
  kubectl presence freeze export --for karpenter --node-pool presence -f presence-cluster.yaml -f weddings.yaml
  kubectl presence freeze export --for alertmanager -A > time-intervals.yaml
  kubectl presence freeze export --for ical -A > freezes.ics`;

const TARGETS = ['argocd', 'karpenter', 'alertmanager', 'ical'] as const;
type Target = (typeof TARGETS)[number];

interface ExportOptions extends GlobalOptions {
  for: Target;
  project: string;
  nodePool: string;
  application?: string[];
}

/** `freeze export`: the windows of the next 90 days in the form of another tool. */
export function addFreezeExport(freeze: Command, context: CliContext): void {
  freeze
    .command('export')
    .description('print the freeze windows in the form of another tool')
    .argument('[name]', 'PresenceCluster; left out: all of the namespace')
    .addOption(
      new Option(
        '--for <tool>',
        'required. argocd: sync windows; karpenter: disruption budgets; alertmanager: time intervals; ical: a calendar to subscribe to',
      )
        .choices([...TARGETS])
        .makeOptionMandatory(),
    )
    .option('--project <name>', 'argocd: AppProject that is to have the sync windows', 'default')
    .option(
      '--application <pattern>',
      'argocd: only Applications of the namespace whose name matches; may be repeated',
      repeated,
    )
    .option('--node-pool <name>', 'karpenter: NodePool that is to have the budgets', 'default')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<ExportOptions>();
      const format = outputFormat(options.output, ['text', 'yaml', 'json']);
      const inventory = await readInventory(context, options);
      const lists = selectSome(inventory, name).map((presenceCluster) =>
        freezesOf(inventory, presenceCluster, context.now, context.now),
      );
      if (options.for === 'ical') {
        if (format !== 'text') throw new WrongUse(`-o ${format}: a calendar is text`);
        context.print(freezeCalendar(lists, context.now, weddingNames(inventory.weddings)).trimEnd());
        return;
      }
      const object = exported(options, options.for, lists);
      context.print(
        format === 'json'
          ? JSON.stringify(object, null, 2)
          : `${comment(options.for, context.now)}${stringify(object).trimEnd()}`,
      );
    });
}

function exported(
  options: ExportOptions,
  target: Exclude<Target, 'ical'>,
  lists: readonly PresenceClusterFreezes[],
): object {
  switch (target) {
    case 'argocd':
      return {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AppProject',
        metadata: { name: options.project },
        spec: {
          syncWindows: argoSyncWindows(byNamespace(lists), options.application),
        },
      };
    case 'alertmanager':
      return {
        time_intervals: lists.map((list) => ({
          name: `presence-freeze-${list.namespace}-${list.name}`,
          time_intervals: alertmanagerTimes(intervalsOf(list)),
        })),
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
function byNamespace(lists: readonly PresenceClusterFreezes[]): Map<string, Interval[]> {
  const found = new Map<string, Interval[]>();
  for (const list of lists) {
    found.set(list.namespace, [...(found.get(list.namespace) ?? []), ...intervalsOf(list)]);
  }
  return found;
}

function intervalsOf({ windows }: PresenceClusterFreezes): Interval[] {
  return windows.map(({ from, until }) => ({ from: Date.parse(from), until: Date.parse(until) }));
}

const YEARLY =
  'Cron has no year: each window comes back on the same date of every year, and bookings change.';

const REMARKS: Record<Exclude<Target, 'ical'>, readonly string[]> = {
  argocd: [
    YEARLY,
    'Merge spec.syncWindows into the AppProject; it replaces the sync windows that are there.',
    'A sync that is held here is held by the operator and the admission policies anyway; these windows show it in Argo CD.',
  ],
  alertmanager: [
    'Put them into the configuration, and name them in mute_time_intervals or active_time_intervals of a route.',
    'Times are minutes: a window is widened to whole ones.',
  ],
  karpenter: [
    YEARLY,
    'Merge spec.disruption.budgets into the NodePool; the first one is the default of Karpenter for all other times.',
    'Budgets stop consolidation and drift, not expireAfter and not interruptions.',
    'At most 50 budgets fit: of more windows the closest neighbours are joined.',
  ],
};

function comment(target: Exclude<Target, 'ical'>, now: Date): string {
  return [
    `Freeze windows of the ${FREEZE_DAYS} days from ${formatInstant(now)}, in UTC.`,
    'Export again at least once a week, for example in a CI job, and replace what is there.',
    ...REMARKS[target],
  ]
    .map((line) => `# ${line}\n`)
    .join('');
}
