import { describe, expect, it } from 'vitest';
import { slotOfTag } from './key-slot.ts';

describe('slotOfTag', () => {
  // The first is the check value of the specification (CRC16 0x31c3); the others are of CLUSTER KEYSLOT.
  it.each([
    ['123456789', 0x31c3],
    ['foo', 12_182],
    ['user1000', 3_443],
  ])('%s', (tag, slot) => {
    expect(slotOfTag(tag)).toBe(slot);
  });
});
