import type { Command } from 'commander';
import { isIanaTimeZone } from '../../domain/calendar/iana-zone.ts';
import type { CliContext } from '../context/context.ts';
import { selectSome } from '../inventory/select.ts';
import { weddingNames } from '../inventory/wedding-ids.ts';
import { render } from '../output/render.ts';
import { beginReading } from './options.ts';
import { statusReport } from './status-report.ts';
import { statusText } from './status-text.ts';

const EXAMPLES = `
Examples:
  kubectl presence status
  kubectl presence status wedsync -n weddings -o json`;

/** `status [NAME]`: how PresenceClusters are. JSON is an object for one and `{items}` for several. */
export function addStatus(program: Command, context: CliContext): void {
  program
    .command('status')
    .description('show conditions, fleet, shards, freeze and the next change')
    .argument('[name]', 'PresenceCluster; left out: all of the namespace')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const { format, inventory } = await beginReading(context, command);
      const chosen = selectSome(inventory, name);
      const reports = chosen.map(statusReport);
      const nameOf = weddingNames(inventory.weddings);
      const texts = (): string =>
        chosen
          .map(({ spec }, index) => {
            const timeZone = isIanaTimeZone(spec.timeZone) ? spec.timeZone : 'UTC';
            const report = reports[index];
            return report === undefined ? '' : statusText(report, timeZone, nameOf);
          })
          .join('\n\n');
      context.print(render(format, reports.length === 1 ? reports[0] : { items: reports }, texts));
    });
}
