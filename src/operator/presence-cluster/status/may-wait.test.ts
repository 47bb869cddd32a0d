import { expect, it } from 'vitest';
import type { PresenceClusterStatus } from '../../../api/v1alpha1/presence-cluster-status.ts';
import { mayWait } from './may-wait.ts';

const READY = { type: 'Ready', status: 'False', reason: 'RedisNotReady', message: 'forming' };
const BEFORE = {
  observedGeneration: 1,
  observedAt: '2027-06-05T12:00:00Z',
  conditions: [{ ...READY, lastTransitionTime: '2027-06-05T12:00:00Z' }],
  presence: { replicas: 1, readyReplicas: 0 },
  redis: { state: 'Forming', message: 'meet', slotsCovered: 0, shards: [] },
} as unknown as PresenceClusterStatus;

const changed = (change: object) => ({ ...BEFORE, ...change }) as PresenceClusterStatus;
const condition = (change: object) => changed({ conditions: [{ ...BEFORE.conditions?.[0], ...change }] });

it.each([
  ['nothing', BEFORE],
  ['when it was confirmed', changed({ observedAt: '2027-06-05T12:01:00Z' })],
  ['how many pods are ready', changed({ presence: { replicas: 2, readyReplicas: 1 } })],
  ['what is done with Redis', changed({ redis: { ...BEFORE.redis, message: 'replicate' } })],
  ['a condition', condition({ status: 'True' })],
  ['the words of a condition', condition({ reason: 'PresenceNotReady', message: '0 of 2' })],
])('waits where there is another %s', (_, status) => {
  expect(mayWait(status, BEFORE)).toBe(true);
});

it.each([
  ['the generation', changed({ observedGeneration: 2 })],
  ['a freeze', changed({ freeze: { active: true, weddings: [] } })],
  ['a held change', changed({ held: [{ workload: 'a', since: 'b', fields: [] }] })],
  ['lost data', changed({ redis: { ...BEFORE.redis, lastDataLoss: { slots: 1 } } })],
])('does not wait where there is another: %s', (_, status) => {
  expect(mayWait(status, BEFORE)).toBe(false);
});

it('does not wait with the first status', () => {
  expect(mayWait(BEFORE, undefined)).toBe(false);
});
