import { slotOfTag } from '../../domain/presence-state/key-slot.ts';

/** No token can name a wedding with this prefix (WEDDING_ID_PATTERN), so no client ever sees one. */
export const HIDDEN_PREFIX = '~';

/** Enough to find a slot of every primary: with 90 primaries the last is found after some hundred tries. */
const MAX_TRIES = 4_096;

/**
 * One hidden wedding per primary, so that its requests go through that primary.
 *
 * @param slots for each slot its nodes, the primary first, as ioredis keeps them
 * @returns by primary
 */
export function shardWeddings(
  slots: readonly (readonly string[] | undefined)[],
  name: string,
): ReadonlyMap<string, string> {
  const missing = new Set<string>();
  let previous: readonly string[] | undefined;
  // 16,384 slots every second: without an iterator, and only the first slot of those that share their list.
  for (let slot = 0; slot < slots.length; slot++) {
    const nodes = slots[slot];
    if (nodes !== previous && nodes?.[0] !== undefined) missing.add(nodes[0]);
    previous = nodes;
  }
  const found = new Map<string, string>();
  for (let number = 0; missing.size > 0 && number < MAX_TRIES; number++) {
    const wedding = `${HIDDEN_PREFIX}${name}.${number}`;
    const primary = slots[slotOfTag(`w:${wedding}`)]?.[0];
    if (primary === undefined || !missing.delete(primary)) continue;
    found.set(primary, wedding);
  }
  return found;
}
