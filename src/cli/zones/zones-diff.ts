import type { Command } from 'commander';
import type { Wedding } from '../../api/v1alpha1/kinds.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import { acceptWedding } from '../../domain/calendar/wedding-interval.ts';
import type { ZoneData } from '../../domain/calendar/zones/zone-data.ts';
import { isNewer } from '../../domain/calendar/zones/zone-data-age.ts';
import { withZones, zonesInForce } from '../../domain/calendar/zones/zones-in-force.ts';
import type { Inventory, InventoryKind } from '../../reports/inventory.ts';
import type { CliContext } from '../context/context.ts';
import { render } from '../output/render.ts';
import { table } from '../output/table.ts';
import { beginReading, type GlobalOptions } from '../verbs/options.ts';
import { readZoneFile } from './zone-file.ts';

const EXAMPLES = `
Examples:
  kubectl presence zones diff -A
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
  /** By the data of the file, or by the operator. */
  other: Place;
}

/** The other side of a comparison. */
interface Other {
  /** Release of its data. */
  version: string;
  /** Undefined: it says nothing about this Wedding. */
  placeOf: (wedding: Wedding) => Place | undefined;
}

/**
 * `zones diff`: the Weddings that the data of a file places at another time than the data in force; without a file those
 * that the operator, which may have other data, has placed at another time.
 */
export function addZonesDiff(zones: Command, context: CliContext): void {
  zones
    .command('diff')
    .description('list the Weddings that other time zone data would place at another time')
    .option('--with <file>', 'file of `zones build`; left out: the times that the operator wrote into status')
    .addHelpText('after', EXAMPLES)
    .action(async (_: unknown, command: Command) => {
      const { with: file } = command.optsWithGlobals<GlobalOptions & { with?: string }>();
      const data = file === undefined ? undefined : await readZoneFile(context, file);
      const kinds: InventoryKind[] = data === undefined ? ['Wedding', 'PresenceCluster'] : ['Wedding'];
      const { format, inventory } = await beginReading(context, command, kinds);
      const other = data === undefined ? ofOperator(inventory) : ofData(data);
      const notCompared = inventory.weddings.filter((wedding) => other.placeOf(wedding) === undefined).length;
      const weddings = inventory.weddings.flatMap((wedding) => moved(wedding, other));
      const inForce = zonesInForce();
      if (isNewer(inForce.version, other.version))
        context.note(
          `${file ?? 'the operator'}: ${other.version} is older than ${inForce.version}, the data in force`,
        );
      context.print(
        render(context, format, {
          data: { from: inForce.version, to: other.version, weddings, notCompared },
          text: () =>
            notCompared > 0 && notCompared === inventory.weddings.length
              ? 'Nothing was compared: no Wedding has times of its spec in status. Files have none: use --with FILE.'
              : [diffText(weddings, inForce, other), ...hint(notCompared)].join('\n'),
        }),
      );
    });
}

function ofData(data: ZoneData): Other {
  return { version: data.version, placeOf: ({ spec }) => withZones(data, () => placeOf(spec)) };
}

function ofOperator({ presenceClusters }: Inventory): Other {
  const versions = new Set(presenceClusters.flatMap(({ status }) => status?.zoneData ?? []));
  return { version: [...versions].sort().join(', ') || 'unknown', placeOf: placeInStatus };
}

/** Weddings that have no times in status, or times of an older spec. */
function hint(notCompared: number): string[] {
  return notCompared === 0
    ? []
    : [`Not compared, because status has no times of their spec: ${notCompared}.`];
}

/** Undefined: the operator has not got to this spec yet. */
function placeInStatus({ metadata, status }: Wedding): Place | undefined {
  if (status === undefined || status.observedGeneration !== metadata.generation) return undefined;
  const { startsAt, endsAt, conditions = [] } = status;
  if (startsAt !== undefined && endsAt !== undefined) return { ceremony: startsAt, ends: endsAt };
  const refused = conditions.find(
    ({ type, status: accepted }) => type === 'Accepted' && accepted === 'False',
  );
  return refused && { refused: refused.message };
}

function moved(wedding: Wedding, { placeOf: otherPlaceOf }: Other): MovedWedding[] {
  const { metadata, spec } = wedding;
  const [inForce, other] = [placeOf(spec), otherPlaceOf(wedding)];
  if (other === undefined || JSON.stringify(inForce) === JSON.stringify(other)) return [];
  const { namespace, name } = metadata;
  return [{ namespace, name, timeZone: spec.timeZone, date: spec.date, inForce, other }];
}

function placeOf(spec: Wedding['spec']): Place {
  const accepted = acceptWedding(spec);
  return accepted.accepted
    ? { ceremony: formatInstant(accepted.ceremony), ends: formatInstant(accepted.ends) }
    : { refused: accepted.message };
}

function diffText(weddings: readonly MovedWedding[], from: { version: string }, to: Other): string {
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
