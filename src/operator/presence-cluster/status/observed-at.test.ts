import { expect, it } from 'vitest';
import { NOON } from '../../../../test/support/presence-cluster-builder.ts';
import { withObservedAt } from './observed-at.ts';

const later = (seconds: number) => new Date(NOON.getTime() + seconds * 1000);
const status = { zoneData: '2026c' };

it('confirms a status that does not change once a minute, and a change at once', () => {
  const first = withObservedAt(status, undefined, { now: NOON, clusters: 1 });
  expect(first).toEqual({ ...status, observedAt: '2027-06-05T11:00:00Z', observedEverySeconds: 60 });
  expect(withObservedAt(status, first, { now: later(59), clusters: 1 })).toEqual(first);
  expect(withObservedAt(status, first, { now: later(60), clusters: 1 }).observedAt).toBe(
    '2027-06-05T11:01:00Z',
  );
  const other = withObservedAt({ zoneData: '2026d' }, first, { now: later(1), clusters: 1 });
  expect(other.observedAt).toBe('2027-06-05T11:00:01Z');
  // A clock that was set back.
  expect(withObservedAt(status, first, { now: later(-10), clusters: 1 }).observedAt).toBe(
    '2027-06-05T10:59:50Z',
  );
});

it('confirms at most one PresenceCluster per second, and says how often', () => {
  const first = withObservedAt(status, undefined, { now: NOON, clusters: 1000 });
  expect(first.observedEverySeconds).toBe(1000);
  expect(withObservedAt(status, first, { now: later(999), clusters: 1000 })).toEqual(first);
});
