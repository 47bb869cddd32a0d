import type { ObservedTopology, ReachableNode } from '../../domain/topology/observed.ts';
import { reachableNodes } from '../../domain/topology/observed.ts';
import type { RedisAdmin } from '../../platform/redis/admin.ts';

/** The text that FUNCTION LOAD takes, and the library's name in it. */
export interface FunctionLibrary {
  readonly name: string;
  readonly source: string;
}

export type FunctionLoadResult =
  | { readonly pod: string; readonly outcome: 'Present' | 'Loaded' }
  | { readonly pod: string; readonly outcome: 'Failed'; readonly error: Error };

/**
 * Makes sure that every primary that answers holds the library with exactly this source. Functions go from a primary
 * to its replicas by themselves, but never from one primary to another, not even with the slots. Never rejects.
 *
 * @param newcomers pods of primaries that are about to get their first slots
 */
export function loadFunctions(
  admin: RedisAdmin,
  observed: ObservedTopology,
  library: FunctionLibrary,
  newcomers: ReadonlySet<string> = new Set(),
): Promise<FunctionLoadResult[]> {
  const primaries = reachableNodes(observed).filter(
    (node) => node.role === 'primary' && (node.slots.length > 0 || newcomers.has(node.pod)),
  );
  return Promise.all(primaries.map((node) => loadOn(admin, node, library)));
}

/** Whether every primary that answers names the library: a look without the source, which is most of what a steady server is asked for. */
export async function nameFunctions(
  admin: RedisAdmin,
  observed: ObservedTopology,
  { name }: FunctionLibrary,
): Promise<boolean> {
  const primaries = reachableNodes(observed).filter(
    ({ role, slots }) => role === 'primary' && slots.length > 0,
  );
  const replies = await Promise.allSettled(
    primaries.map(({ address }) => admin.execute(address, ['FUNCTION', 'LIST', 'LIBRARYNAME', name])),
  );
  return replies.every(
    (reply) => reply.status === 'fulfilled' && Array.isArray(reply.value) && reply.value.length > 0,
  );
}

async function loadOn(
  admin: RedisAdmin,
  node: ReachableNode,
  library: FunctionLibrary,
): Promise<FunctionLoadResult> {
  const { pod, address } = node;
  try {
    const list = ['FUNCTION', 'LIST', 'LIBRARYNAME', library.name, 'WITHCODE'];
    if (sourceIn(await admin.execute(address, list)) === library.source) {
      return { pod, outcome: 'Present' };
    }
    await admin.execute(address, ['FUNCTION', 'LOAD', 'REPLACE', library.source]);
    return { pod, outcome: 'Loaded' };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return { pod, outcome: 'Failed', error: new Error(`while loading functions: ${message}`, { cause }) };
  }
}

/** The `library_code` of the first library in a reply of FUNCTION LIST: a flat list of names and values. */
function sourceIn(reply: unknown): unknown {
  const library: unknown = Array.isArray(reply) ? reply[0] : undefined;
  return Array.isArray(library) ? library[library.indexOf('library_code') + 1] : undefined;
}
