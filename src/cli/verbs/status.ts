import type { Command } from 'commander';
import { isIanaTimeZone } from '../../domain/calendar/iana-zone.ts';
import { statusReport } from '../../reports/status-report.ts';
import { weddingNames } from '../../reports/wedding-ids.ts';
import type { CliContext } from '../context/context.ts';
import { WrongUse } from '../context/failure.ts';
import { selectSome } from '../inventory/select.ts';
import { render } from '../output/render.ts';
import { beginReading, type GlobalOptions } from './options.ts';
import { resourceName } from './resource-name.ts';
import { statusTable } from './status-table.ts';
import { statusText } from './status-text.ts';

const EXAMPLES = `
Examples:
  kubectl presence status
  kubectl presence status -A -o wide
  kubectl presence status wedsync --watch
  kubectl presence status wedsync -n weddings -o json`;

/** A change of a status is a matter of seconds. */
const LOOK_AGAIN_MS = 2000;

/** `status [NAME]`: how PresenceClusters are. JSON is an object for one and `{items}` for several. */
export function addStatus(program: Command, context: CliContext): void {
  program
    .command('status')
    .description(
      'show conditions, presence pods, shards, freeze and the next change; of several, a line each',
    )
    .argument('[name]', 'PresenceCluster; left out: all of the namespace')
    .option('-w, --watch', 'print again when something has changed, until Ctrl-C')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const { watch, filename } = command.optsWithGlobals<GlobalOptions & { watch?: boolean }>();
      if (watch === true && filename !== undefined)
        throw new WrongUse('--watch looks at the cluster: use it without -f');
      let before: string | undefined;
      do {
        const text = await status(context, command, name);
        if (text !== before) context.print(text);
        before = text;
      } while (watch === true && (await context.pause(LOOK_AGAIN_MS)));
    });
}

async function status(context: CliContext, command: Command, name: string | undefined): Promise<string> {
  const { format, inventory } = await beginReading(context, command, undefined, ['name']);
  const chosen = selectSome(inventory, name);
  const reports = chosen.map((each) => statusReport(each, context.now));
  const [first, ...others] = reports;
  const timeZone = (index: number): string => {
    const zone = chosen[index]?.spec.timeZone ?? 'UTC';
    return isIanaTimeZone(zone) ? zone : 'UTC';
  };
  const list = (wide: boolean): string => statusTable(reports, { now: context.now, wide, timeZone });
  return render(context, format, {
    data: others.length === 0 ? first : { items: reports },
    text: () =>
      first === undefined || others.length > 0
        ? list(false)
        : statusText(first, timeZone(0), weddingNames(inventory.weddings), {
            from: inventory.from,
            now: context.now,
          }),
    wide: () => list(true),
    names: () => reports.map((report) => resourceName('PresenceCluster', report.name)),
  });
}
