import { acceptWedding } from '../../domain/calendar/wedding-interval.ts';
import { type Inventory, nameOf } from '../context/inventory.ts';

/**
 * A line for each Wedding that has no time and protects nothing, and for each WeddingCalendar whose Weddings are not
 * known: an answer about freezes is not complete.
 */
export function unplacedWeddings({ weddings, weddingCalendars }: Inventory): string[] {
  const withoutTime = weddings.flatMap((wedding) => {
    const acceptance = acceptWedding(wedding.spec);
    return acceptance.accepted
      ? []
      : [`Wedding ${nameOf(wedding)} protects nothing: ${acceptance.reason}: ${acceptance.message}`];
  });
  const notInFiles = weddingCalendars.map(
    (calendar) => `WeddingCalendar ${nameOf(calendar)}: the weddings of its feed are not in the files`,
  );
  return [...withoutTime, ...notInFiles];
}
