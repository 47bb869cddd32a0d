/** Fewer cannot elect, more than these a PresenceCluster cannot have. */
const FEWEST_SHARDS = 3;
const MOST_SHARDS = 90;
/** How full `maxmemory` may be at the expected peak: the resharding itself stops at 0.8. */
const TARGET_FILL = 0.6;
/** Shards are added when more than so much would be full, and taken away when less than so much would. */
const TOO_FULL = 0.7;
const STILL_EMPTY = 0.45;

const DAY_MS = 86_400_000;
/** How long a need must last before it is recommended: a busy evening is no season. */
const DWELL_MS = { more: DAY_MS, fewer: 7 * DAY_MS } as const;

/**
 * Bytes of one connection in Redis before they were measured: `data` of a member has at most 2,048 bytes, and role, state
 * and times are less than as many again. Rather too much.
 */
export const ASSUMED_BYTES_A_CONNECTION = 4096;
/** With fewer connections, functions and rosters would be taken for members. */
const ENOUGH_CONNECTIONS = 200;
/** The shown numbers change when they are off by more than this, so that status is not written for each scrape. */
const SHOWN_TOLERANCE = 0.2;

/** The state between reconciles, kept in `status.redis.capacity`. */
export interface ShardMemory {
  /** The recommended number of shards. */
  recommendedShards: number;
  /** What the numbers ask for, and since when; absent while that is what is recommended. */
  wanted?: { shards: number; since: Date } | undefined;
  peakConnections: number;
  /** Where {@link peakConnections} come from. */
  because: string;
  bytesPerConnection: number;
  /** False: assumed. */
  measured: boolean;
}

export interface ShardPlanInput {
  now: Date;
  /** Shards of the spec. */
  shards: number;
  /** Connections at the expected peak, and where they come from. */
  connections: number;
  because: string;
  /** `maxmemory` of a shard in bytes; undefined without a limit, and then nothing can be said. */
  shardBytes: number | undefined;
  /** What the primaries hold now, and for how many connections; undefined while not all answer. */
  held: { bytes: number; connections: number } | undefined;
  /** How full the fullest primary is now, 0 to 1; 0 when unknown. */
  fullest: number;
  /** A freeze or a peak is on: no slot would be moved, and what is recommended stays what it was. */
  busy: boolean;
  before: ShardMemory | undefined;
}

/**
 * How many shards there should be. A recommendation only: `spec.redis.shards` is the user's. It changes when another
 * number was asked for without a break for a day (more) or a week (fewer), and neither in a freeze nor at a peak; at
 * once only when a server is nearly full. Undefined without a memory limit.
 */
export function planShards(input: ShardPlanInput): ShardMemory | undefined {
  const { now, before, shardBytes, shards: given } = input;
  if (shardBytes === undefined || shardBytes <= 0) return undefined;
  const size = sizeOf(input);
  const asked = (from: number): number =>
    askedFor(size.peakConnections * size.bytesPerConnection, shardBytes, from);
  const known = before?.recommendedShards ?? given;
  // More than was recommended, and not too many: the user's choice is as good.
  const recommended = given > known && asked(given) === given ? given : known;
  // A server that is nearly full now is too small, whatever was expected, and cannot wait for a calmer day.
  const isFull = input.fullest > TOO_FULL && recommended <= given;
  const shards = isFull ? Math.min(MOST_SHARDS, Math.max(asked(recommended), given + 1)) : asked(recommended);
  if (shards === recommended) return { ...size, recommendedShards: recommended };
  const since = wishedSince(before, recommended, shards) ?? now;
  const dwell = shards > recommended ? DWELL_MS.more : DWELL_MS.fewer;
  const isOver = now.getTime() - since.getTime() >= dwell && !input.busy;
  return isFull || isOver
    ? { ...size, recommendedShards: shards }
    : { ...size, recommendedShards: recommended, wanted: { shards, since } };
}

/** Since when a change in the same direction is wished for. */
function wishedSince(before: ShardMemory | undefined, recommended: number, shards: number): Date | undefined {
  const wish = before?.wanted;
  if (wish === undefined) return undefined;
  return Math.sign(wish.shards - recommended) === Math.sign(shards - recommended) ? wish.since : undefined;
}

/** Peak and bytes a connection as they are shown: the ones before, unless they are no longer about right. */
function sizeOf({
  held,
  connections,
  because,
  before,
}: ShardPlanInput): Omit<ShardMemory, 'recommendedShards' | 'wanted'> {
  const measured =
    held !== undefined && held.connections >= Math.max(ENOUGH_CONNECTIONS, connections / 2)
      ? Math.ceil(held.bytes / held.connections)
      : undefined;
  const known = before?.measured === true ? before.bytesPerConnection : undefined;
  const bytes = measured ?? known ?? ASSUMED_BYTES_A_CONNECTION;
  const peakConnections = aboutSame(before?.peakConnections, connections);
  return {
    peakConnections,
    because: before?.peakConnections === peakConnections ? before.because : because,
    bytesPerConnection: aboutSame(before?.bytesPerConnection, bytes),
    measured: measured !== undefined || known !== undefined,
  };
}

function aboutSame(shown: number | undefined, now: number): number {
  if (shown === undefined || Math.abs(now - shown) > SHOWN_TOLERANCE * shown) return Math.ceil(now);
  return shown;
}

/** With hysteresis: as many as there are, unless they would be too full or fewer would still be empty. */
function askedFor(bytes: number, shardBytes: number, recommended: number): number {
  const shardsAt = (fill: number): number =>
    Math.min(MOST_SHARDS, Math.max(FEWEST_SHARDS, Math.ceil(bytes / (shardBytes * fill))));
  if (shardsAt(TOO_FULL) > recommended) return shardsAt(TARGET_FILL);
  return shardsAt(STILL_EMPTY) < recommended ? Math.min(recommended, shardsAt(STILL_EMPTY)) : recommended;
}
