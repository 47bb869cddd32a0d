import { acceptWedding } from '../../domain/calendar/wedding-interval.ts';
import { type Inventory, nameOf, weddingsOf } from '../../reports/inventory.ts';

/** Of objects that name no namespace, when `-n` is not given. */
export const DEFAULT_NAMESPACE = 'default';

/**
 * A line for each Wedding that has no time and protects nothing, for Weddings that name no namespace and so are of no
 * PresenceCluster, and for each WeddingCalendar whose Weddings are not known: an answer about freezes is not complete.
 */
export function unplacedWeddings(inventory: Inventory): string[] {
  const { weddings, weddingCalendars } = inventory;
  const withoutTime = weddings.flatMap((wedding) => {
    const acceptance = acceptWedding(wedding.spec);
    return acceptance.accepted
      ? []
      : [`Wedding ${nameOf(wedding)} protects nothing: ${acceptance.reason}: ${acceptance.message}`];
  });
  const notInFiles = weddingCalendars.map(
    (calendar) => `WeddingCalendar ${nameOf(calendar)}: the weddings of its feed are not in the files`,
  );
  return [...withoutTime, ...withoutNamespace(inventory), ...notInFiles];
}

function withoutNamespace({ from, presenceClusters, weddings }: Inventory): string[] {
  const isDefault = ({ metadata }: { metadata: { namespace: string } }): boolean =>
    metadata.namespace === DEFAULT_NAMESPACE;
  const [first, ...others] = weddings.filter(isDefault);
  if (from !== 'files' || first === undefined || presenceClusters.some(isDefault)) return [];
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return [
    `Wedding ${nameOf(first)}${more}: no PresenceCluster of the files is in that namespace; write metadata.namespace, or give -n`,
  ];
}

/** Weddings of files that no PresenceCluster of the files serves: they may belong to others. */
export function unservedWeddings(inventory: Inventory): string[] {
  const { from, presenceClusters, weddings } = inventory;
  if (from !== 'files' || presenceClusters.length === 0) return [];
  const served = new Set(presenceClusters.flatMap((each) => weddingsOf(inventory, each)));
  const [first, ...others] = weddings.filter(
    (wedding) => !served.has(wedding) && wedding.metadata.namespace !== DEFAULT_NAMESPACE,
  );
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return [`Wedding ${nameOf(first)}${more}: no PresenceCluster of the files serves it`];
}
