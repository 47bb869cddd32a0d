import { formatInstant } from '../domain/calendar/instant.ts';
import type { FreezeState } from '../domain/freeze/freeze-at.ts';

/** A freeze as it is printed: times in RFC 3339. */
export interface FrozenOnTheWire {
  active: boolean;
  from?: string;
  until?: string;
  reason?: string;
  weddings: string[];
}

export function frozenOnTheWire({ active, from, until, reason, weddings }: FreezeState): FrozenOnTheWire {
  return {
    active,
    ...(from === undefined ? {} : { from: formatInstant(from) }),
    ...(until === undefined ? {} : { until: formatInstant(until) }),
    ...(reason === undefined ? {} : { reason }),
    weddings,
  };
}
