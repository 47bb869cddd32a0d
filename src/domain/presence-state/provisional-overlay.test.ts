import { describe, expect, it } from 'vitest';
import type { Entry } from './entry.ts';
import type { NumberedState, ProvisionalState, ProvisionalValue } from './provisional.ts';
import { MAX_WRITERS, ProvisionalOverlay } from './provisional-overlay.ts';

const entry = (user: string, more: Partial<Entry> = {}): Entry => ({
  user,
  body: { role: 'other', status: 'numbered' },
  pod: 'p',
  state: 'present',
  since: 10,
  updatedAt: 10,
  version: 5,
  ...more,
});
const numbered = (entries: Readonly<Record<string, Entry>>, seq = 7, epoch = 'e'): NumberedState => ({
  epoch,
  seq,
  entries: new Map(Object.entries(entries)),
});
const present = (connection: string, user: string, more: object = {}): ProvisionalValue => ({
  kind: 'present',
  connection,
  user,
  at: 20,
  body: { role: 'other', status: 'provisional' },
  ...more,
});
const said = (
  values: readonly ProvisionalValue[],
  more: Partial<ProvisionalState> = {},
): ProvisionalState => ({
  epoch: 'e',
  seq: 7,
  counter: 1,
  values,
  ...more,
});
const joins = { joins: { replaces: 'c' } };

/** What of a person is shown over the numbered state, in a word. */
function shown(state: NumberedState, speech: ProvisionalState, user = 'ann', writer = 'p'): string {
  const overlay = new ProvisionalOverlay();
  overlay.take(writer, speech, 100);
  const change = overlay.changes(state).get(user);
  if (change === undefined) return 'as numbered';
  return change.op === 'leave' ? 'gone' : `${change.member.state} ${change.member.status}`;
}

describe('ProvisionalOverlay', () => {
  const state = numbered({ c: entry('ann'), d: entry('bob', { pod: 'q' }) });

  it.each<[string, NumberedState, ProvisionalState, string]>([
    ['an update of a member', state, said([present('c', 'ann')]), 'present provisional'],
    [
      'a connection that is lost',
      state,
      said([{ kind: 'reconnecting', connection: 'c', user: 'ann', at: 20, reason: 'lost' }]),
      'reconnecting numbered',
    ],
    ['a leave', state, said([{ kind: 'gone', connection: 'c', user: 'ann', at: 20 }]), 'gone'],
    [
      'what looks as it is numbered',
      state,
      said([present('c', 'ann', { body: entry('ann').body, at: 10 })]),
      'as numbered',
    ],
    ['another connection of a member', state, said([present('x', 'ann', joins)]), 'present provisional'],
    ['a number that its pod did not know', state, said([present('c', 'ann')], { seq: 4 }), 'as numbered'],
    ['a number of another person', state, said([present('c', 'ann')], { seq: 5 }), 'present provisional'],
    ['another epoch', state, said([present('c', 'ann')], { epoch: 'old' }), 'as numbered'],
    ['the connection of another person', state, said([present('c', 'eve')]), 'as numbered'],
    ['somebody who left', numbered({}), said([present('c', 'ann')]), 'as numbered'],
    ['a join of somebody who left', numbered({}), said([present('x', 'ann', joins)]), 'as numbered'],
    [
      'a join, and something was numbered since',
      state,
      said([present('x', 'ann', joins)], { seq: 6 }),
      'as numbered',
    ],
  ])('%s', (_, base, speech, expected) => {
    expect(shown(base, speech)).toBe(expected);
  });

  it('ignores values about the connection of another pod', () => {
    expect(shown(state, said([present('d', 'bob')]), 'bob')).toBe('as numbered');
    expect(shown(state, said([present('d', 'bob')]), 'bob', 'q')).toBe('present provisional');
  });

  it('keeps since of the connection that is replaced, and counts one device', () => {
    const overlay = new ProvisionalOverlay();
    overlay.take('q', said([present('x', 'ann', joins)]), 100);
    expect(overlay.changes(state).get('ann')).toMatchObject({ member: { since: 10, devices: 1 } });
  });

  it('keeps the state with the highest counter, and drops a state that was not repeated in time', () => {
    const overlay = new ProvisionalOverlay();
    expect(overlay.take('p', said([present('c', 'ann')], { counter: 5 }), 100)).toBe(true);
    expect(overlay.take('p', said([], { counter: 4 }), 200)).toBe(false);
    overlay.expire(99);
    expect(overlay.changes(state).size).toBe(1);
    overlay.expire(100);
    expect(overlay.isEmpty).toBe(true);
    expect(overlay.take('p', said([present('c', 'ann')], { counter: 4 }), 200)).toBe(false);
    expect(overlay.changes(state).size).toBe(0);
  });

  it('remembers a bounded number of pods', () => {
    const overlay = new ProvisionalOverlay();
    for (let index = 0; index < 2 * MAX_WRITERS; index++) overlay.take(`p${index}`, said([]), 100);
    expect([...overlay.writers]).toHaveLength(MAX_WRITERS);
  });
});
