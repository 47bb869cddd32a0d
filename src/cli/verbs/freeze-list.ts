import type { Command } from 'commander';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { budgetFinding } from '../../domain/freeze/budget-finding.ts';
import { safeWindowOnTheWire } from '../../domain/freeze/next-safe-window.ts';
import { freezesOf, type PresenceClusterFreezes } from '../../reports/freeze-plan.ts';
import { weddingNames } from '../../reports/wedding-ids.ts';
import type { CliContext } from '../context/context.ts';
import { selectSome } from '../inventory/select.ts';
import { render } from '../output/render.ts';
import { changeFreezeReport, changeFreezeText, listChangeFreezes } from './change-freeze-list.ts';
import { type FreezeGap, freezeGaps, gapOnTheWire } from './freeze-gaps.ts';
import { safeWindowSentence } from './freeze-sentence.ts';
import { freezeTable } from './freeze-table.ts';
import { beginReading, FREEZE_KINDS } from './options.ts';

const EXAMPLES = `
Examples:
  kubectl presence freeze list
  kubectl presence freeze list -A -o json
  kubectl presence freeze list weekend -n shop
  kubectl presence freeze list -f presence-cluster.yaml -f weddings.yaml`;

/** `freeze list`: the windows of the next 90 days, the gaps between them, and what the budget says about both. */
export function addFreezeList(freeze: Command, context: CliContext): void {
  freeze
    .command('list')
    .description(
      'list the freeze windows of the next 90 days (ChangeFreezes: 28) with their causes and the open time between',
    )
    .argument('[name]', 'PresenceCluster or ChangeFreeze; left out: all of the namespace')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const { format, inventory } = await beginReading(context, command, FREEZE_KINDS);
      const changeFreezes = listChangeFreezes(inventory, name, context.now);
      const isListed = ({ metadata }: PresenceCluster): boolean =>
        name === undefined || metadata.name === name;
      const clusters =
        changeFreezes.length === 0
          ? selectSome(inventory, name, inventory.changeFreezes)
          : inventory.presenceClusters.filter(isListed);
      const lists = clusters.map((presenceCluster) => {
        const freezes = freezesOf(inventory, presenceCluster, context.now, context.now);
        return { ...freezes, gaps: freezeGaps(freezes.windows, context.now) };
      });
      const nameOf = weddingNames(inventory.weddings);
      context.print(
        render(context, format, {
          data: { ...listReport(lists), changeFreezes: changeFreezeReport(changeFreezes) },
          text: () =>
            [
              ...(lists.length === 0 ? [] : [listText(lists, nameOf)]),
              ...changeFreezeText(changeFreezes, nameOf),
            ].join('\n'),
        }),
      );
    });
}

interface ListedFreezes extends PresenceClusterFreezes {
  gaps: FreezeGap[];
}

function listReport(lists: readonly ListedFreezes[]) {
  return {
    windows: lists.flatMap(({ namespace, name, source, windows }) =>
      windows.map((window) => ({ namespace, presenceCluster: name, ...window, source })),
    ),
    gaps: lists.flatMap(({ namespace, name, gaps }) =>
      gaps.map((gap) => ({ namespace, presenceCluster: name, ...gapOnTheWire(gap) })),
    ),
    budgets: lists.map(({ namespace, name, budget, nextSafeWindow }) => {
      const { status, reason, message } = budgetFinding(budget);
      return {
        namespace,
        presenceCluster: name,
        exceeded: status === 'False',
        reason,
        message,
        ...(nextSafeWindow === undefined ? {} : { nextSafeWindow: safeWindowOnTheWire(nextSafeWindow) }),
      };
    }),
    skipped: lists.flatMap((list) => list.skipped),
  };
}

function listText(lists: readonly ListedFreezes[], nameOf: (id: string) => string): string {
  return [
    freezeTable('PRESENCECLUSTER', lists, nameOf) ?? 'No freeze within 90 days.',
    ...remarks(lists),
  ].join('\n');
}

/** Lines below the table: a budget that is exceeded, and the times to open instead. */
function remarks(lists: readonly ListedFreezes[]): string[] {
  return lists.flatMap(({ namespace, name, timeZone, budget, nextSafeWindow }) => {
    const { status, message } = budgetFinding(budget);
    if (status === 'True') return [];
    const safe =
      nextSafeWindow === undefined ? '' : ` Next: ${safeWindowSentence(nextSafeWindow, timeZone)}.`;
    return [`${namespace}/${name}: freeze budget exceeded. ${message}${safe}`];
  });
}
