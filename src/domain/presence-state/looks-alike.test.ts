import { describe, expect, it } from 'vitest';
import type { Member } from '../../api/protocol/member.ts';
import { looksAlike } from './looks-alike.ts';

const ann: Member = {
  user: 'ann',
  name: 'Ann',
  role: 'photographer',
  state: 'reconnecting',
  reason: 'lost',
  status: 'here',
  data: { gate: 2 },
  since: 1,
  updatedAt: 2,
  devices: 0,
};

const others: Required<Member> = {
  user: 'bob',
  name: 'Bob',
  role: 'other',
  state: 'present',
  reason: 'closed',
  status: 'there',
  data: { gate: 3 },
  since: 3,
  updatedAt: 4,
  devices: 1,
};

describe('whether two members look the same', () => {
  it('is so when every field is equal, data by its JSON', () => {
    expect(looksAlike(ann, { ...ann, data: { gate: 2 } })).toBe(true);
  });

  it.each(Object.keys(ann) as (keyof Member)[])('is not so when %s differs', (name) => {
    expect(looksAlike(ann, { ...ann, [name]: others[name] })).toBe(false);
  });

  it.each(['name', 'reason', 'status', 'data'] as const)('is not so when only one has %s', (name) => {
    const { [name]: _, ...without } = ann;
    expect(looksAlike(ann, without)).toBe(false);
    expect(looksAlike(without, ann)).toBe(false);
  });
});
