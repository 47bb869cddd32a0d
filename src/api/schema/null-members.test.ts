import { describe, expect, it } from 'vitest';
import { presenceClusterSpec } from '../v1alpha1/presence-cluster.ts';
import { withoutNullMembers } from './null-members.ts';

describe('members that are null', () => {
  it('are as good as left out, at any depth', () => {
    expect(withoutNullMembers({ a: null, b: { c: null, d: 1 }, e: [{ f: null }] })).toEqual({
      b: { d: 1 },
      e: [{}],
    });
  });

  it.each([null, [null], [[null]], 0, '', false, undefined, 'null'])('are none in %j', (value) => {
    expect(withoutNullMembers(value)).toEqual(value);
  });

  it('leave the input as it was', () => {
    const input = { a: null, b: { c: null } };
    withoutNullMembers(input);
    expect(input).toEqual({ a: null, b: { c: null } });
  });

  it('of a spec have their defaults', () => {
    const empty = { timeZone: 'UTC', presence: { auth: null, cacheTtlSeconds: null }, redis: null };
    expect(presenceClusterSpec.parse(empty)).toEqual(presenceClusterSpec.parse({ timeZone: 'UTC' }));
  });

  it('do not stand in for what is required', () => {
    expect(presenceClusterSpec.safeParse({ timeZone: null }).error?.issues[0]?.path).toEqual(['timeZone']);
  });
});
