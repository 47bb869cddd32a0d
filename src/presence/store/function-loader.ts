import type { Cluster, Redis } from 'ioredis';
import type { FunctionLibrary } from '../../domain/presence-state/function-library.ts';

/** The result of one pass over the primaries. */
export interface LoadResult {
  /** Primaries that have the library. */
  readonly ready: number;
  readonly primaries: number;
  /** Why the others lack it, one text per primary. */
  readonly failures: readonly string[];
}

/**
 * Loads the library on every primary that lacks it. A function loaded on one primary does not reach another one, and
 * a primary that cannot be reached must not keep the rest from serving, so failures are reported and not thrown.
 */
export async function ensureLibrary(cluster: Cluster, library: FunctionLibrary): Promise<LoadResult> {
  const primaries = cluster.nodes('master');
  const outcomes = await Promise.allSettled(primaries.map((primary) => ensureOn(primary, library)));
  return {
    ready: outcomes.filter((outcome) => outcome.status === 'fulfilled').length,
    primaries: primaries.length,
    failures: outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : [])),
  };
}

async function ensureOn(primary: Redis, library: FunctionLibrary): Promise<void> {
  try {
    const found = await primary.call('FUNCTION', 'LIST', 'LIBRARYNAME', library.name);
    if (Array.isArray(found) && found.length > 0) return;
    await primary.call('FUNCTION', 'LOAD', 'REPLACE', library.source);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOPERM'))) throw error;
    // Without the permission to look, another client loads the library, and the primary only has to answer.
    await primary.ping();
  }
}
