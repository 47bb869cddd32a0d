import { describe, expect, it } from 'vitest';
import type { Entry } from '../../domain/presence-state/entry.ts';
import type { Membership } from '../store/store.ts';
import { type Departure, repairs } from './repairs.ts';

const body = (status: string) => ({ role: 'venue', status }) as unknown as Membership['body'];
const membership = (connection: string, status: string): Membership => ({
  connection,
  user: connection,
  body: body(status),
  graceMs: 1000,
});
const entry = (pod: string, state: Entry['state'], status: string): Entry =>
  ({ user: 'u', pod, state, body: body(status) }) as unknown as Entry;
const wanted = (members: Membership[], departures: [string, Departure][] = []) => ({
  members,
  isMember: (id: string) => members.some(({ connection }) => connection === id),
  departures: new Map(departures),
  incarnation: 'me',
});

describe('repairs', () => {
  it('are none when the state says what the pod wants', () => {
    const entries = new Map([
      ['a', entry('me', 'present', 'here')],
      ['b', entry('other', 'present', 'there')],
    ]);
    expect(repairs(entries, wanted([membership('a', 'here')]))).toEqual([]);
  });

  it('repeat members that are missing, reconnecting or out of date', () => {
    const members = ['gone', 'away', 'old'].map((connection) => membership(connection, 'new'));
    const entries = new Map([
      ['away', entry('me', 'reconnecting', 'new')],
      ['old', entry('me', 'present', 'old')],
    ]);
    expect(repairs(entries, wanted(members))).toEqual(
      members.map((each) => ({ kind: 'update', membership: each })),
    );
  });

  it('repeat departures until the state shows them', () => {
    const leave = { kind: 'leave' } as const;
    const drop = { kind: 'drop', reason: 'lost' } as const;
    const entries = new Map([
      ['leaving', entry('me', 'present', 'x')],
      ['dropping', entry('me', 'reconnecting', 'x')],
    ]);
    const departures: [string, Departure][] = [
      ['leaving', leave],
      ['dropping', drop],
      ['left', leave],
    ];
    expect(repairs(entries, wanted([], departures))).toEqual([
      { kind: 'depart', connection: 'leaving', departure: leave },
      { kind: 'settled', connection: 'dropping' },
      { kind: 'settled', connection: 'left' },
    ]);
  });

  it('drop entries of this pod that no connection stands behind, and nobody else’s', () => {
    const entries = new Map([
      ['ghost', entry('me', 'present', 'x')],
      ['theirs', entry('other', 'present', 'x')],
    ]);
    expect(repairs(entries, wanted([]))).toEqual([
      { kind: 'depart', connection: 'ghost', departure: { kind: 'drop', reason: 'lost' } },
    ]);
  });
});
