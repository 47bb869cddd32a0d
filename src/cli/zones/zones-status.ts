import type { Command } from 'commander';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { zonesInForce } from '../../domain/calendar/zones/zones-in-force.ts';
import type { CliContext } from '../context/context.ts';
import { render } from '../output/render.ts';
import { table } from '../output/table.ts';
import { beginReading } from '../verbs/options.ts';

const EXAMPLES = `
Examples:
  kubectl presence zones status -A
  kubectl presence zones status -n weddings -o json`;

interface ClusterZones {
  namespace: string;
  name: string;
  /** Release that its operator goes by; left out when it has written no status yet. */
  zoneData?: string;
  /** Status of the condition ZoneDataCurrent. */
  current: 'True' | 'False' | 'Unknown';
  message: string;
}

/** `zones status`: which time zone data the operator goes by, and whether it is old. */
export function addZonesStatus(zones: Command, context: CliContext): void {
  zones
    .command('status')
    .description(
      'print the time zone data that the operator uses for each PresenceCluster, and whether it is old',
    )
    .addHelpText('after', EXAMPLES)
    .action(async (_: unknown, command: Command) => {
      const { format, inventory } = await beginReading(context, command, ['PresenceCluster']);
      const presenceClusters = inventory.presenceClusters.map(zonesOf);
      const tzdb = zonesInForce().version;
      context.print(
        render(context, format, {
          data: { tzdb, presenceClusters },
          text: () => statusText(presenceClusters, tzdb),
        }),
      );
    });
}

function zonesOf({ metadata, status }: PresenceCluster): ClusterZones {
  const { namespace, name } = metadata;
  const condition = status?.conditions?.find(({ type }) => type === 'ZoneDataCurrent');
  const zoneData = status?.zoneData === undefined ? {} : { zoneData: status.zoneData };
  return condition === undefined
    ? { namespace, name, ...zoneData, current: 'Unknown', message: 'The operator has not said so yet.' }
    : { namespace, name, ...zoneData, current: condition.status, message: condition.message };
}

function statusText(presenceClusters: readonly ClusterZones[], tzdb: string): string {
  if (presenceClusters.length === 0) return 'No PresenceCluster found.';
  const rows = presenceClusters.map(({ namespace, name, zoneData = '-', current, message }) => [
    `${namespace}/${name}`,
    zoneData,
    current,
    message,
  ]);
  const others = presenceClusters.some(({ zoneData }) => zoneData !== undefined && zoneData !== tzdb);
  const hint = others
    ? [
        `This program goes by ${tzdb}: its times may differ from those of the operator. See: kubectl presence zones diff`,
      ]
    : [];
  return [table(['PRESENCECLUSTER', 'ZONE DATA', 'CURRENT', 'MESSAGE'], rows), ...hint].join('\n');
}
