import { describe, expect, it } from 'vitest';
import type { Entry } from '../../domain/presence-state/entry.ts';
import type { Membership } from '../store/store.ts';
import { type PendingLeave, reconcile } from './reconciler.ts';

const body = (status: string) => ({ role: 'venue', status }) as unknown as Membership['body'];
const membership = (connection: string, status: string): Membership => ({
  connection,
  user: connection,
  body: body(status),
  graceMs: 1000,
});
const entry = (pod: string, state: Entry['state'], status: string): Entry =>
  ({ user: 'u', pod, state, body: body(status) }) as unknown as Entry;
const desired = (members: Membership[], leaves: [string, PendingLeave][] = []) => ({
  members,
  isMember: (id: string) => members.some(({ connection }) => connection === id),
  leaves: new Map(leaves),
  incarnation: 'me',
});

describe('reconcile', () => {
  it('gives no step when the state is what the pod wants', () => {
    const entries = new Map([
      ['a', entry('me', 'present', 'here')],
      ['b', entry('other', 'present', 'there')],
    ]);
    expect(reconcile(entries, desired([membership('a', 'here')]))).toEqual([]);
  });

  it('repeats members that are missing, reconnecting or out of date', () => {
    const members = ['gone', 'away', 'old'].map((connection) => membership(connection, 'new'));
    const entries = new Map([
      ['away', entry('me', 'reconnecting', 'new')],
      ['old', entry('me', 'present', 'old')],
    ]);
    expect(reconcile(entries, desired(members))).toEqual(
      members.map((each) => ({ kind: 'put', membership: each })),
    );
  });

  it('repeats leaves until the state shows them', () => {
    const leave = { kind: 'leave' } as const;
    const drop = { kind: 'drop', reason: 'lost' } as const;
    const entries = new Map([
      ['leaving', entry('me', 'present', 'x')],
      ['dropping', entry('me', 'reconnecting', 'x')],
    ]);
    const leaves: [string, PendingLeave][] = [
      ['leaving', leave],
      ['dropping', drop],
      ['left', leave],
    ];
    expect(reconcile(entries, desired([], leaves))).toEqual([
      { kind: 'leave', connection: 'leaving', leave },
      { kind: 'acknowledge', connection: 'dropping' },
      { kind: 'acknowledge', connection: 'left' },
    ]);
  });

  it('drops entries of this pod that have no connection, and none of other pods', () => {
    const entries = new Map([
      ['ghost', entry('me', 'present', 'x')],
      ['theirs', entry('other', 'present', 'x')],
    ]);
    expect(reconcile(entries, desired([]))).toEqual([
      { kind: 'leave', connection: 'ghost', leave: { kind: 'drop', reason: 'lost' } },
    ]);
  });
});
