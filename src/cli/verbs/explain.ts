import type { Command } from 'commander';
import { decidingSpec } from '../../reports/deciding-spec.ts';
import { explainReport } from '../../reports/explain-report.ts';
import { weddingsOf } from '../../reports/inventory.ts';
import { weddingNames } from '../../reports/wedding-ids.ts';
import type { CliContext } from '../context/context.ts';
import { parseTimeArgument } from '../context/time-argument.ts';
import { selectOne } from '../inventory/select.ts';
import { render } from '../output/render.ts';
import { explainText } from './explain-text.ts';
import { beginReading, type GlobalOptions } from './options.ts';

const EXAMPLES = `
Examples:
  kubectl presence explain wedsync
  kubectl presence explain wedsync --at 2027-06-05T18:30
  kubectl presence explain -f presence-cluster.yaml -f weddings.yaml --at 2027-06-05T18:30 -o json`;

/** `explain NAME`: why so many pods, now or at another time. */
export function addExplain(program: Command, context: CliContext): void {
  program
    .command('explain')
    .description('say why there are so many presence pods, now or at another time')
    .argument('[name]', 'PresenceCluster; may be left out when there is one')
    .option('--at <time>', 'RFC 3339; without an offset in the zone of the PresenceCluster')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const { options, format, inventory } = await beginReading<GlobalOptions & { at?: string }>(
        context,
        command,
      );
      const presenceCluster = selectOne(inventory, name);
      const { spec, note } = decidingSpec(presenceCluster);
      if (note !== undefined) context.note(note);
      const at =
        options.at === undefined ? context.now : parseTimeArgument('--at', options.at, spec.timeZone);
      const weddings = weddingsOf(inventory, presenceCluster);
      const report = explainReport({
        presenceCluster,
        spec,
        weddings,
        at,
        tzdb: context.tzdb,
        asDecided: options.at === undefined,
      });
      context.print(
        render(context, format, { data: report, text: () => explainText(report, weddingNames(weddings)) }),
      );
    });
}
