import { describe, expect, it } from 'vitest';
import type { HistoryEntry } from '../store/store.ts';
import { eventsOf, membersAt } from './history.ts';

const line = (
  at: number,
  connection: string,
  kind: HistoryEntry['kind'],
  reason?: string,
  user = 'ann',
): HistoryEntry => ({
  at,
  connection,
  user,
  kind,
  ...(reason === undefined ? {} : { reason }),
  ...(kind === 'joined' || kind === 'resumed' ? { role: 'planner' } : {}),
});

describe('the history of a wedding', () => {
  it('says who came, was lost, came back and went, and why', () => {
    const history = [
      line(10, 'a', 'joined'),
      line(20, 'a', 'reconnecting', 'server_lost'),
      line(30, 'a', 'back'),
      line(40, 'a', 'reconnecting', 'lost'),
      line(70, 'a', 'gone', 'lost'),
    ];
    expect(eventsOf(history).map(({ at, event, reason }) => [at, event, reason])).toEqual([
      [10, 'joined', undefined],
      [20, 'reconnecting', 'server_lost'],
      [30, 'back', undefined],
      [40, 'reconnecting', 'lost'],
      [70, 'left', 'lost'],
    ]);
    expect(membersAt(history, 9)).toEqual([]);
    expect(membersAt(history, 35)).toEqual([{ user: 'ann', role: 'planner', state: 'present', since: 30 }]);
    expect(membersAt(history, 40)).toMatchObject([{ state: 'reconnecting', reason: 'lost' }]);
    expect(membersAt(history, 70)).toEqual([]);
  });

  it('shows neither a second device nor a hand-over', () => {
    const history = [
      line(10, 'a', 'joined'),
      line(20, 'b', 'joined'),
      line(30, 'a', 'gone', 'moved'),
      line(30, 'c', 'resumed'),
      line(40, 'b', 'gone', 'left'),
    ];
    expect(eventsOf(history)).toEqual([{ at: 10, user: 'ann', event: 'joined', role: 'planner' }]);
    expect(membersAt(history, 50)).toMatchObject([{ user: 'ann', state: 'present', since: 10 }]);
  });

  it('is silent about somebody whose beginning was forgotten until something happens', () => {
    expect(eventsOf([line(10, 'a', 'gone', 'left')])).toEqual([]);
    expect(eventsOf([line(10, 'a', 'reconnecting', 'lost')])).toMatchObject([{ event: 'reconnecting' }]);
  });
});
