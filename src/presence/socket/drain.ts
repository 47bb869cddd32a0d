import type { Clock } from '../../platform/runtime/clock.ts';
import type { Connection } from './connection.ts';

export interface DrainOptions {
  readonly connections: readonly Connection[];
  /** All connections are gone after this long. */
  readonly withinMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The rest of the time is for close frames and for telling Redis. */
const SHARE_FOR_MOVES = 0.8;
/** Clients are told at random moments of this share of it, so that they do not arrive elsewhere together. */
const SHARE_FOR_TELLING = 0.5;

/** Tells each client at a moment of its own to move, and closes those that are still here at the end. */
export async function drain(options: DrainOptions): Promise<void> {
  const { clock, random, withinMs } = options;
  const forMoves = withinMs * SHARE_FOR_MOVES;
  await Promise.all(
    options.connections.map(async (connection) => {
      const toldAfterMs = forMoves * SHARE_FOR_TELLING * random();
      await Promise.race([connection.ended, clock.sleep(toldAfterMs)]);
      const deadlineMs = Math.round(forMoves - toldAfterMs);
      connection.announceDrain(deadlineMs);
      await Promise.race([connection.ended, clock.sleep(deadlineMs)]);
      connection.drain();
      await Promise.race([connection.ended, clock.sleep(withinMs - forMoves)]);
    }),
  );
}
