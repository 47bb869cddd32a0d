/** One kind that the server watches, and why its objects may be out of date. */
export interface SourceHealth {
  kind: string;
  synced: boolean;
  /** Absent while the watch works. */
  problem?: { since: string; message: string; isForbidden: boolean };
}

/** How old the data is, and what is behind it. The server sends it every few seconds. */
export interface DashboardHealth {
  /** When the server wrote this. */
  at: string;
  version: string;
  /** Release of the time zone data that the server computes with. */
  tzdb: string;
  sources: SourceHealth[];
  /** Whether the server reads with rights of its own, which are not those of its viewers. */
  isInCluster: boolean;
}
