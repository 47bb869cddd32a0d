import type { Command } from 'commander';
import type { CliContext } from '../context/context.ts';
import { selectSome } from '../inventory/select.ts';
import { render } from '../output/render.ts';
import { beginReading } from '../verbs/options.ts';
import { resourceName } from '../verbs/resource-name.ts';
import { sloReport } from './slo-report.ts';
import { sloTable, sloText } from './slo-text.ts';

const EXAMPLES = `
Examples:
  kubectl presence slo
  kubectl presence slo -A -o wide
  kubectl presence slo wedsync -n weddings -o json

A burn rate of 1 spends the error budget in just the window; 0 spends nothing.`;

/** `slo [NAME]`: how the objectives are met. JSON is an object for one and `{items}` for several. */
export function addSlo(program: Command, context: CliContext): void {
  program
    .command('slo')
    .description('show how the objectives of spec.slo are met; of several PresenceClusters, a line each')
    .argument('[name]', 'PresenceCluster; left out: all of the namespace')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const { format, inventory } = await beginReading(context, command, ['PresenceCluster'], ['name']);
      const reports = selectSome(inventory, name).map(sloReport);
      const [first, ...others] = reports;
      context.print(
        render(context, format, {
          data: others.length === 0 ? first : { items: reports },
          text: () =>
            first === undefined || others.length > 0
              ? sloTable(reports, false)
              : sloText(first, inventory.from),
          wide: () => sloTable(reports, true),
          names: () => reports.map((report) => resourceName('PresenceCluster', report.name)),
        }),
      );
    });
}
