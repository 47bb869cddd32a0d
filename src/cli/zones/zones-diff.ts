import type { Command } from 'commander';
import type { Wedding } from '../../api/v1alpha1/kinds.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import { acceptWedding } from '../../domain/calendar/wedding-interval.ts';
import type { ZoneData } from '../../domain/calendar/zones/zone-data.ts';
import { isNewer } from '../../domain/calendar/zones/zone-data-age.ts';
import { withZones, zonesInForce } from '../../domain/calendar/zones/zones-in-force.ts';
import type { CliContext } from '../context/context.ts';
import { render } from '../output/render.ts';
import { table } from '../output/table.ts';
import { beginReading, type GlobalOptions } from '../verbs/options.ts';
import { readZoneFile } from './zone-file.ts';

const EXAMPLES = `
Examples:
  kubectl presence zones diff --with zones.json -A
  kubectl presence zones diff --with zones.json -f weddings.yaml -o json`;

/** Where a Wedding is by one version of the table, or why it is nowhere. */
type Place = { ceremony: string; ends: string } | { refused: string };

interface MovedWedding {
  namespace: string;
  name: string;
  timeZone: string;
  date: string;
  /** By the data in force. */
  inForce: Place;
  /** By the data of the file. */
  other: Place;
}

/** `zones diff --with FILE`: the Weddings that other time zone data would place at another time. */
export function addZonesDiff(zones: Command, context: CliContext): void {
  zones
    .command('diff')
    .description('list the Weddings that other time zone data would place at another time')
    .requiredOption('--with <file>', 'file of `zones build`')
    .addHelpText('after', EXAMPLES)
    .action(async (_: unknown, command: Command) => {
      const { with: file } = command.optsWithGlobals<GlobalOptions & { with: string }>();
      const other = await readZoneFile(context, file);
      const { format, inventory } = await beginReading(context, command, ['Wedding']);
      const weddings = inventory.weddings.flatMap((wedding) => moved(wedding, other));
      const inForce = zonesInForce();
      if (isNewer(inForce.version, other.version))
        context.note(`${file}: ${other.version} is older than ${inForce.version}, the data in force`);
      context.print(
        render(context, format, {
          data: { from: inForce.version, to: other.version, weddings },
          text: () => diffText(weddings, inForce, other),
        }),
      );
    });
}

function moved({ metadata, spec }: Wedding, data: ZoneData): MovedWedding[] {
  const [inForce, other] = [placeOf(spec), withZones(data, () => placeOf(spec))];
  if (JSON.stringify(inForce) === JSON.stringify(other)) return [];
  const { namespace, name } = metadata;
  return [{ namespace, name, timeZone: spec.timeZone, date: spec.date, inForce, other }];
}

function placeOf(spec: Wedding['spec']): Place {
  const accepted = acceptWedding(spec);
  return accepted.accepted
    ? { ceremony: formatInstant(accepted.ceremony), ends: formatInstant(accepted.ends) }
    : { refused: accepted.message };
}

function diffText(weddings: readonly MovedWedding[], from: ZoneData, to: ZoneData): string {
  const versions = `${from.version} and ${to.version}`;
  if (weddings.length === 0) return `No Wedding is at another time by ${versions}.`;
  const cell = (place: Place): string =>
    'refused' in place ? place.refused : `${place.ceremony} - ${place.ends}`;
  const rows = weddings.map(({ namespace, name, timeZone, inForce, other }) => [
    `${namespace}/${name}`,
    timeZone,
    cell(inForce),
    cell(other),
  ]);
  return table(['WEDDING', 'ZONE', from.version.toUpperCase(), to.version.toUpperCase()], rows);
}
