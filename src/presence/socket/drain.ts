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
/** Clients get `drain` at random moments in this share of it, so that they do not arrive elsewhere together. */
const SHARE_FOR_ANNOUNCING = 0.5;

/** Sends each client away at a random moment, and closes the connections that are still open at the end. */
export async function drain(options: DrainOptions): Promise<void> {
  const { clock, random, withinMs } = options;
  const forMoves = withinMs * SHARE_FOR_MOVES;
  await Promise.all(
    options.connections.map(async (connection) => {
      const announcedAfterMs = forMoves * SHARE_FOR_ANNOUNCING * random();
      await Promise.race([connection.ended, clock.sleep(announcedAfterMs)]);
      const deadlineMs = Math.round(forMoves - announcedAfterMs);
      connection.announceDrain(deadlineMs);
      await Promise.race([connection.ended, clock.sleep(deadlineMs)]);
      connection.drain();
      await Promise.race([connection.ended, clock.sleep(withinMs - forMoves)]);
    }),
  );
}
