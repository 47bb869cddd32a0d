import { expect, it } from 'vitest';
import { NOON, presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { statusReport } from '../../reports/status-report.ts';
import { statusTable } from './status-table.ts';
import { statusText } from './status-text.ts';

const ready = {
  type: 'Ready',
  status: 'True' as const,
  reason: 'Ready',
  message: 'fine',
  lastTransitionTime: '2027-06-05T10:00:00Z',
};
const observed = (secondsAgo: number) =>
  statusReport(
    presenceCluster(
      {},
      {
        status: {
          conditions: [ready],
          observedAt: new Date(NOON.getTime() - secondsAgo * 1000).toISOString(),
          observedEverySeconds: 60,
        },
      },
    ),
    NOON,
  );
const text = (secondsAgo: number) =>
  statusText(observed(secondsAgo), 'UTC', (id) => id, { from: 'cluster', now: NOON });
const table = (secondsAgo: number) =>
  statusTable([observed(secondsAgo)], { now: NOON, wide: false, timeZone: () => 'UTC' });

it('shows the age of the status, and warns when the operator is behind', () => {
  expect(observed(150).isStale).toBe(false);
  expect(observed(151).isStale).toBe(true);
  expect(text(12)).toMatch(/Observed: +12 s ago/);
  expect(text(12)).not.toContain('out of date');
  expect(text(420)).toMatch(/Observed: +7 min ago.*\n.*may be out of date/);
  expect(table(12)).toMatch(/wedsync +True +/);
  expect(table(420)).toMatch(/wedsync +True, 7 min ago/);
});

it('claims nothing of a status without the stamp', () => {
  const { isStale, observedAt } = statusReport(
    presenceCluster({}, { status: { conditions: [ready] } }),
    NOON,
  );
  expect([isStale, observedAt]).toEqual([false, undefined]);
});
