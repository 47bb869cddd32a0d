import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withoutNullMembers } from './null-members.ts';

function hasNullMember(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const members = Object.values(value);
  return (!Array.isArray(value) && members.includes(null)) || members.some(hasNullMember);
}

it('nothing but null members is taken away', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const result = withoutNullMembers(value);
      expect(hasNullMember(result)).toBe(false);
      if (!hasNullMember(value)) expect(result).toEqual(value);
    }),
  );
});
