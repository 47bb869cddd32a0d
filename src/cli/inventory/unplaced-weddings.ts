import { acceptWedding } from '../../domain/calendar/wedding-interval.ts';
import { type Inventory, nameOf } from '../context/inventory.ts';

/** A line for each Wedding that has no time: it protects nothing, and no pods are there for it. */
export function unplacedWeddings({ weddings }: Inventory): string[] {
  return weddings.flatMap((wedding) => {
    const acceptance = acceptWedding(wedding.spec);
    return acceptance.accepted
      ? []
      : [`Wedding ${nameOf(wedding)} protects nothing: ${acceptance.reason}: ${acceptance.message}`];
  });
}
