/** How long, how many and how often. */
export interface Profile {
  readonly rounds: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
  readonly loads: readonly { readonly connections: number; readonly rate: number }[];
  readonly faults: { readonly connections: number; readonly rate: number; readonly watchSeconds: number };
  /** Time in which a drain of ours moves everybody. */
  readonly drainSeconds: number;
  readonly capacity: {
    readonly connections: number;
    readonly firstRate: number;
    readonly tries: number;
    readonly warmupSeconds: number;
    readonly seconds: number;
  };
  readonly redis: {
    readonly connections: number;
    readonly rate: number;
    readonly watchSeconds: { readonly up: number; readonly down: number };
  };
  readonly idle: {
    readonly first: number;
    readonly counts: readonly number[];
    readonly quietSeconds: number;
  };
  readonly caches: {
    readonly connections: number;
    readonly rate: number;
    readonly churnPerSecond: number;
    readonly warmupSeconds: number;
    readonly seconds: number;
  };
}

export function profileOf(name: 'default' | 'quick'): Profile {
  return name === 'quick' ? QUICK : DEFAULT;
}

const DEFAULT: Profile = {
  rounds: 2,
  warmupSeconds: 4,
  seconds: 20,
  drainSeconds: 4,
  loads: [
    { connections: 1_000, rate: 400 },
    { connections: 2_000, rate: 800 },
  ],
  faults: { connections: 1_000, rate: 400, watchSeconds: 12 },
  capacity: { connections: 2_000, firstRate: 800, tries: 9, warmupSeconds: 2, seconds: 8 },
  redis: { connections: 1_000, rate: 800, watchSeconds: { up: 10, down: 20 } },
  idle: { first: 1_000, counts: [10_000, 19_000], quietSeconds: 10 },
  caches: { connections: 1_000, rate: 400, churnPerSecond: 20, warmupSeconds: 15, seconds: 30 },
};

const QUICK: Profile = {
  rounds: 1,
  warmupSeconds: 1,
  seconds: 4,
  drainSeconds: 2,
  loads: DEFAULT.loads,
  faults: { connections: 500, rate: 400, watchSeconds: 7 },
  capacity: { connections: 500, firstRate: 800, tries: 4, warmupSeconds: 1, seconds: 2 },
  redis: { connections: 500, rate: 400, watchSeconds: { up: 6, down: 15 } },
  idle: { first: 500, counts: [1_000, 2_000], quietSeconds: 2 },
  caches: { connections: 500, rate: 200, churnPerSecond: 20, warmupSeconds: 5, seconds: 5 },
};
