import type { Command } from 'commander';
import { parseLocalDate } from '../../domain/calendar/local-time.ts';
import { buildZoneFile } from '../../domain/calendar/zones/build-zone-file.ts';
import type { CliContext } from '../context/context.ts';
import { CliFailure, WrongUse } from '../context/failure.ts';

const EXAMPLES = `
Examples:
  kubectl presence zones build /usr/share/zoneinfo --as-of 2026-11-30 > zones.json
  pip download --no-deps tzdata && unzip tzdata-*.whl && kubectl presence zones build tzdata/zoneinfo > zones.json`;

/** More than any table has; a folder of something else is not read to its end. */
const MAX_FILES = 5000;

/** `zones build FOLDER`: compiled IANA zones as the one file that operator and CLI read. */
export function addZonesBuild(zones: Command, context: CliContext): void {
  zones
    .command('build')
    .description('make the file of time zone data from a folder of compiled zones (TZif)')
    .argument('<folder>', 'for example /usr/share/zoneinfo; tzdata.zi in it names the release')
    .option('--as-of <date>', 'day on which this release is the newest (default: today)')
    .option('--source <text>', 'where it comes from (default: the folder)')
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string, options: { asOf?: string; source?: string }) => {
      const asOf = options.asOf ?? context.now.toISOString().slice(0, 10);
      if (parseLocalDate(asOf) === undefined)
        throw new WrongUse(`--as-of: "${asOf}" is not a day such as 2026-11-30`);
      const files = await readFolder(context, folder);
      try {
        const file = buildZoneFile({ files, asOf, source: options.source ?? folder });
        context.print(JSON.stringify(file, null, 2));
      } catch (error) {
        throw new CliFailure(`${folder}: ${(error as Error).message}`);
      }
    });
}

async function readFolder(context: CliContext, folder: string): Promise<Map<string, Uint8Array>> {
  const paths = await context.listFolder(folder, true);
  if (paths === undefined) throw new CliFailure(`${folder}: is not a folder`);
  if (paths.length > MAX_FILES) throw new CliFailure(`${folder}: more than ${MAX_FILES} files`);
  const files = new Map<string, Uint8Array>();
  for (const path of paths) {
    files.set(path.slice(folder.replace(/\/+$/, '').length + 1), await context.readBytes(path));
  }
  return files;
}
