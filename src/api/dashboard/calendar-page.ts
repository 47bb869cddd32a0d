import type { WeddingRow } from './cluster-page.ts';
import type { FreezeSpan } from './fleet.ts';

/** A day on the clocks of the PresenceCluster; 23 or 25 hours long when they change. */
export interface CalendarDay {
  /** YYYY-MM-DD */
  date: string;
  from: string;
  until: string;
}

/** The calendar of one PresenceCluster over some weeks. */
export interface CalendarPage {
  timeZone: string;
  /** The days that were asked for, in order. */
  days: CalendarDay[];
  freezes: (FreezeSpan & { weddings: number })[];
  peaks: { from: string; until: string; multiplier: number; season: number }[];
  weddings: WeddingRow[];
  /** Weddings that are left out because there are too many. */
  notShown: number;
  budget: { isExceeded: boolean; message: string };
  nextSafeWindow?: {
    /** Absent: it is open now. */
    from?: string | undefined;
    /** Absent: no freeze is ahead. */
    until?: string | undefined;
    /** False: frozen, and only the least risky time. */
    open: boolean;
    weddings: number;
    people: number;
  };
}
