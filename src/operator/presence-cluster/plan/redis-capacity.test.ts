import { describe, expect, it } from 'vitest';
import {
  IMAGES,
  NOON,
  observed,
  presenceCluster,
} from '../../../../test/support/presence-cluster-builder.ts';
import { presenceClusterStatus } from '../../../api/v1alpha1/presence-cluster-status.ts';
import { acceptance } from '../../cluster-state/accepted-spec.ts';
import type { Observed } from '../../cluster-state/observed.ts';
import { clusterConditions } from '../conditions/conditions.ts';
import { clusterStatus } from '../status/status.ts';
import { planReconcile } from './reconcile-plan.ts';

const DAY_MS = 86_400_000;
/** A shard of 16 MiB × 0.6. */
const SMALL = { resources: { limits: { memory: '16Mi' } } };

/** Status and what is said, pass after pass, each seeing the status of the one before. */
function passes(spec: Parameters<typeof presenceCluster>[0], seen: readonly Partial<Observed>[]) {
  let status: Observed['cluster']['status'];
  return seen.map((more) => {
    const cluster = presenceCluster(spec, status === undefined ? {} : { status });
    const { children: _, ...rest } = more;
    const each = observed({ ...rest, cluster });
    const accepted = acceptance(cluster);
    if (!accepted.serving) throw new Error('nothing serves');
    const pass = planReconcile(each, accepted, accepted.serving, IMAGES);
    status = presenceClusterStatus.parse(clusterStatus(pass));
    const found = clusterConditions(pass).find(({ type }) => type === 'RedisCapacitySufficient');
    return { capacity: status.redis?.capacity, said: `${found?.status} ${found?.reason}: ${found?.message}` };
  });
}

const at = (days: number, more: Partial<Observed> = {}): Partial<Observed> => ({
  now: new Date(NOON.getTime() + days * DAY_MS),
  ...more,
});
const seenLoad = { peak: 10_000, booked: 0 };

describe('the capacity of Redis', () => {
  it('is recommended after a day, shown, said, and changes no spec', () => {
    const [first, due] = passes({ redis: SMALL }, [at(0, { seenLoad }), at(1, { seenLoad })]);
    expect(first?.capacity).toEqual({
      recommendedShards: 3,
      wantedShards: 7,
      wantedSince: '2027-06-05T11:00:00Z',
      peakConnections: 10_000,
      because: '10000 connections at most in four weeks × season 3 / 3',
      bytesPerConnection: 4096,
      measured: false,
    });
    expect(first?.said).toMatch(
      /^True SufficientShards: .*; pending recommendation: 7 shards, since 2027-06-05T11:00:00Z\.$/,
    );
    expect(due?.capacity).toMatchObject({ recommendedShards: 7 });
    expect(due?.said).toMatch(
      /^False ShardsShort: 7 shards .* 3: 10000 connections .*× 4096 bytes .*assumed/,
    );
  });

  it('is not recommended at a peak of the calendar', () => {
    const evening = new Date('2027-06-06T17:30:00Z');
    const [, atPeak] = passes({ redis: SMALL }, [at(0, { seenLoad }), { now: evening, seenLoad }]);
    expect(atPeak?.capacity).toMatchObject({ recommendedShards: 3, wantedShards: 7 });
  });

  it('is told when there are more shards than needed for a week', () => {
    const spec = { redis: { shards: 7 } };
    const [first, due] = passes(spec, [at(0, { seenLoad }), at(7, { seenLoad })]);
    expect(first?.said).toMatch(/^True SufficientShards/);
    expect(due?.said).toMatch(/^True SurplusShards: 3 of 7 shards/);
  });

  it('cannot be told without a memory limit', () => {
    const [only] = passes({ redis: { resources: {} } }, [at(0, { seenLoad })]);
    expect(only?.capacity).toBeUndefined();
    expect(only?.said).toBe('Unknown NoMemoryLimit: The Redis containers have no memory limit.');
  });
});
