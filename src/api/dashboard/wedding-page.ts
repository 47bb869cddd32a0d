import type { EventRow, WeddingRow } from './cluster-page.ts';
import type { FleetRow, FreezeSpan } from './fleet.ts';
import type { RecordedStep, Timeline } from './timeline.ts';

/** People of the crew who are expected, of one role. */
export interface CrewRow {
  role: string;
  people: number;
}

/** Everything that the page of one wedding shows: what its objects say, and nothing about single people. */
export interface WeddingPage {
  /** The PresenceCluster that serves it. */
  row: FleetRow;
  wedding: WeddingRow;
  /** By the clock of the server. Unknown: its time is not known. */
  phase: 'Upcoming' | 'Active' | 'Over' | 'Cancelled' | 'Unknown';
  crew: CrewRow[];
  /** Freezes of the PresenceCluster during the wedding; empty: it is not protected. */
  freezes: FreezeSpan[];
  /** Around the wedding. */
  timeline?: Timeline;
  /** Why there are neither freezes nor a timeline. */
  notComputed?: string;
  /** Pods and connections of the PresenceCluster in the last hour, newest first. */
  lastHour: RecordedStep[];
  /** Events about the PresenceCluster in the last hour, newest first. */
  events: EventRow[];
  /** Other weddings of the PresenceCluster at that time. */
  others: WeddingRow[];
  /** Entries of the lists above that are left out because there are too many. */
  notShown: { lastHour: number; events: number; others: number };
}
