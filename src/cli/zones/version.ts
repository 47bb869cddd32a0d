import type { Command } from 'commander';
import type { CliContext } from '../context/context.ts';
import { outputFormatOrTemplate, render } from '../output/render.ts';
import type { GlobalOptions } from '../verbs/options.ts';
import { zonesLine } from './zones-show.ts';

/** `version`: that of this program and of its time zone data. Asks no cluster. */
export function addVersion(program: Command, context: CliContext): void {
  program
    .command('version')
    .description('print the version of this program and of its time zone data')
    .action((_: unknown, command: Command) => {
      const format = outputFormatOrTemplate(command.optsWithGlobals<GlobalOptions>().output, [
        'text',
        'json',
        'yaml',
      ]);
      const { version, tzdb } = context;
      const data = { version, tzdb, runtimeTzdb: context.runtimeTzdb };
      context.print(
        render(context, format, { data, text: () => `kubectl-presence ${version}\n${zonesLine(context)}` }),
      );
    });
}
