import { expect, it } from 'vitest';
import { WEDDING_ID_PATTERN } from '../../api/protocol/limits.ts';
import { SLOTS, slotOfTag } from '../../domain/presence-state/key-slot.ts';
import { shardWeddings } from './shard-weddings.ts';

/** The hard limit of the schema. */
const MAX_SHARDS = 90;

it.each([0, 1, 3, MAX_SHARDS])('finds a hidden wedding on each of %i primaries', (shards) => {
  const slots = Array.from({ length: shards === 0 ? 0 : SLOTS }, (_, slot) => [
    `p${Math.floor((slot * shards) / SLOTS)}`,
  ]);
  const found = shardWeddings(slots, 'canary.presence-5d9c7b-x2x4z');
  expect(found.size).toBe(shards);
  for (const [primary, wedding] of found) {
    expect(slots[slotOfTag(`w:${wedding}`)]?.[0]).toBe(primary);
    expect(wedding).not.toMatch(WEDDING_ID_PATTERN);
  }
});
