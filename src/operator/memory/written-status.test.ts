import { expect, it } from 'vitest';
import { presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterStatus } from '../../api/v1alpha1/presence-cluster-status.ts';
import { WrittenStatus } from './written-status.ts';

const STATUS = { observedGeneration: 7 } as PresenceClusterStatus;

function cluster(resourceVersion: string): PresenceCluster {
  const made = presenceCluster();
  return { ...made, metadata: { ...made.metadata, resourceVersion } };
}

it('shows what was written until the cache shows another version', () => {
  const written = new WrittenStatus();
  expect(written.shown(cluster('1')).status).toBeUndefined();
  written.note(cluster('1'), STATUS, 0);
  expect(written.shown(cluster('1')).status).toBe(STATUS);
  expect(written.shown(cluster('2')).status).toBeUndefined();
});

it('lets a change wait until a second after the last write, and the first one not at all', () => {
  const written = new WrittenStatus();
  expect(written.waitMs(0)).toBe(0);
  written.note(cluster('1'), STATUS, 5_000);
  expect(written.waitMs(5_200)).toBe(800);
  expect(written.waitMs(6_000)).toBe(0);
  expect(written.waitMs(60_000)).toBe(0);
});
