/** How a PresenceCluster is, in one word. Broken: the object breaks its schema, or no spec of it was ever accepted. */
export type ClusterState = 'Ready' | 'Attention' | 'NotReady' | 'Unknown' | 'Broken';

/** A freeze that is on, or the next one. Times are instants, RFC 3339. */
export interface FreezeSpan {
  from: string;
  until: string;
  reason: string;
}

/** The next change of the number of presence pods that is expected. */
export interface NextChangeRow {
  at: string;
  expect: number;
  because: string;
}

/** One PresenceCluster on the board of all. */
export interface FleetRow {
  /** `namespace/name` */
  key: string;
  namespace: string;
  name: string;
  /** IANA zone of its calendar; UTC when its own is not usable. */
  timeZone: string;
  state: ClusterState;
  /** Why, in a sentence. */
  stateBecause: string;
  paused: boolean;
  readyPods?: number;
  wantedPods?: number;
  floor?: number;
  /** Why so many are wanted. */
  because?: string;
  nextChange?: NextChangeRow;
  freeze?: FreezeSpan;
  /** Conditions in trouble, a sentence each. */
  troubles: string[];
  /** Changes that wait for the end of a freeze or of a pause, or for a safe step; a sentence each. */
  waits: string[];
  /** Weddings that are on now, and the people of their crews. */
  weddingsOn: number;
  people: number;
  /** When the operator last confirmed the status. */
  observedAt?: string;
  /** It did not confirm it for much longer than it should: the row may be out of date. */
  isStale: boolean;
}

/** What changed on the board since the last message to the same viewer. */
export interface FleetUpdate {
  /** True: `rows` is everything there is, and what was known before is forgotten. */
  isWhole: boolean;
  rows: FleetRow[];
  /** Keys of PresenceClusters that are gone. */
  removed: string[];
}
