/**
 * Freezes of many PresenceClusters end in the same second. Each lets its own rollout out a little later than that, so
 * that they do not all roll at once, and within the five seconds that are promised.
 */
export const LONGEST_RELEASE_DELAY_SECONDS = 4;

/** FNV-1a, 32 bits. Source: https://datatracker.ietf.org/doc/html/draft-eastlake-fnv */
const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * How long after a freeze the rollout of one PresenceCluster goes out, in milliseconds: 0 to 4 s, spread evenly and
 * always the same for one uid.
 */
export function releaseDelayMs(uid: string): number {
  let hash = OFFSET_BASIS;
  for (let index = 0; index < uid.length; index += 1) {
    hash = Math.imul(hash ^ uid.charCodeAt(index), PRIME) >>> 0;
  }
  return hash % (LONGEST_RELEASE_DELAY_SECONDS * 1000 + 1);
}
