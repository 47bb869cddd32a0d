import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeOf, leanChange, leanMember, memberOf } from './lean-member.ts';
import type { Member } from './member.ts';
import { ROLES } from './roles.ts';

const member: fc.Arbitrary<Member> = fc
  .record(
    {
      user: fc.string({ minLength: 1 }),
      role: fc.constantFrom(...ROLES),
      since: fc.nat(),
      updatedAt: fc.nat(),
      devices: fc.nat(3),
      state: fc.constantFrom('present', 'reconnecting'),
      reason: fc.constantFrom('lost', 'closed'),
      name: fc.string(),
      status: fc.string(),
      data: fc.jsonValue().map((value) => (Object.is(value, -0) ? 0 : value)),
    },
    { requiredKeys: ['user', 'role', 'since', 'updatedAt', 'devices', 'state'] },
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as Member);

describe('leanMember', () => {
  it('says the same as the member, over the wire', () => {
    fc.assert(
      fc.property(member, (value) => {
        expect(memberOf(JSON.parse(JSON.stringify(leanMember(value))))).toEqual(value);
        expect(changeOf(JSON.parse(JSON.stringify(leanChange({ op: 'set', member: value }))))).toEqual({
          op: 'set',
          member: value,
        });
      }),
    );
  });

  it('takes under 60 bytes for somebody who has just come', () => {
    const usual: Member = {
      user: 'storm-0123456-12',
      role: 'photographer',
      state: 'present',
      devices: 1,
      since: 1_812_211_500_123,
      updatedAt: 1_812_211_500_123,
    };
    expect(JSON.stringify(leanMember(usual)).length).toBeLessThan(60);
  });
});
