import type { Command } from 'commander';
import { zoneDataWarnings } from '../../domain/calendar/zones/zone-data-age.ts';
import { zonesInForce } from '../../domain/calendar/zones/zones-in-force.ts';
import type { CliContext } from '../context/context.ts';
import { outputFormatOrTemplate, render } from '../output/render.ts';
import type { GlobalOptions } from '../verbs/options.ts';

/** `zones show`: which time zone data this program uses, and whether it is old. */
export function addZonesShow(zones: Command, context: CliContext): void {
  zones
    .command('show')
    .description('print the version of the time zone data, and whether it is old')
    .action((_: unknown, command: Command) => {
      const format = outputFormatOrTemplate(command.optsWithGlobals<GlobalOptions>().output, [
        'text',
        'json',
        'yaml',
      ]);
      const { version, asOf, source, names } = zonesInForce();
      const warnings = zoneDataWarnings(zonesInForce(), context);
      const data = { version, asOf, source, names: names.length, runtimeTzdb: context.runtimeTzdb, warnings };
      context.print(
        render(context, format, { data, text: () => [zonesLine(context), ...warnings].join('\n') }),
      );
    });
}

/** One line about the data in force. */
export function zonesLine({ runtimeTzdb }: Pick<CliContext, 'runtimeTzdb'>): string {
  const { version, asOf, source } = zonesInForce();
  return `zone data ${version} (newest as of ${asOf}; from ${source}; the runtime has ${runtimeTzdb})`;
}
