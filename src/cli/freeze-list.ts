import type { Command } from 'commander';
import { formatWallClock } from '../domain/calendar/instant.ts';
import type { CliContext } from './context.ts';
import { freezesOf, type PresenceClusterFreezes } from './freeze-plan.ts';
import { weddingList } from './freeze-sentence.ts';
import { selectSome } from './inventory/select.ts';
import { type GlobalOptions, readInventory } from './options.ts';
import { outputFormat, render } from './output/render.ts';
import { table } from './output/table.ts';
import { weddingNames } from './wedding-ids.ts';

const EXAMPLES = `
Examples:
  kubectl presence freeze list
  kubectl presence freeze list -A -o json
  kubectl presence freeze list -f presence-cluster.yaml -f weddings.yaml`;

/** `freeze list`: the windows of the next 90 days. */
export function addFreezeList(freeze: Command, context: CliContext): void {
  freeze
    .command('list')
    .description('list the freeze windows of the next 90 days with their weddings')
    .argument('[name]', 'PresenceCluster; left out: all of the namespace')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      const format = outputFormat(options.output, ['text', 'json', 'yaml']);
      const inventory = await readInventory(context, options);
      const lists = selectSome(inventory, name).map((presenceCluster) =>
        freezesOf(inventory, presenceCluster, context.now, context.now),
      );
      const nameOf = weddingNames(inventory.weddings);
      for (const { id, message } of lists.flatMap((list) => list.skipped)) {
        context.note(`Wedding ${nameOf(id)} protects nothing: ${message}`);
      }
      context.print(render(format, listReport(lists), () => listText(lists, nameOf)));
    });
}

function listReport(lists: readonly PresenceClusterFreezes[]) {
  return {
    windows: lists.flatMap(({ namespace, name, source, windows }) =>
      windows.map((window) => ({ namespace, presenceCluster: name, ...window, source })),
    ),
    skipped: lists.flatMap((list) => list.skipped),
  };
}

function listText(lists: readonly PresenceClusterFreezes[], nameOf: (id: string) => string): string {
  const rows = lists.flatMap(({ namespace, name, timeZone, windows }) =>
    windows.map(({ from, until, reason, weddings }) => [
      `${namespace}/${name}`,
      formatWallClock(timeZone, new Date(from)),
      formatWallClock(timeZone, new Date(until)),
      timeZone,
      reason,
      weddingList(weddings, nameOf),
    ]),
  );
  if (rows.length === 0) return 'No freeze within 90 days.';
  return table(['PRESENCECLUSTER', 'FROM', 'UNTIL', 'ZONE', 'REASON', 'WEDDINGS'], rows);
}
