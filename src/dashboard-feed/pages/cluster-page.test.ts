import { describe, expect, it } from 'vitest';
import { NOON, presenceCluster, wedding } from '../../../test/support/presence-cluster-builder.ts';
import type { RolloutOverride } from '../../api/v1alpha1/kinds.ts';
import { emptyInventory } from '../../reports/inventory.ts';
import { calendarPage } from './calendar-page.ts';
import { clusterPage } from './cluster-page.ts';
import { explanationOf } from './explanation.ts';
import { fleetRow } from './fleet-row.ts';

const HOUR = 3_600_000;
const CLUSTER = presenceCluster({
  scaling: { baselineReplicas: 4, peaks: [{ from: '18:00', to: '20:00', multiplier: 2 }] },
  freeze: { days: ['Saturday'] },
});

function override(name: string, expiresAt: Date, createdAt = NOON): RolloutOverride {
  return {
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind: 'RolloutOverride',
    metadata: { name, namespace: 'weddings', creationTimestamp: createdAt.toISOString() },
    spec: {
      presenceClusterName: 'wedsync',
      reason: 'the signing key leaked',
      ticket: 'OPS-1',
      requestedBy: 'ann',
      expiresAt: expiresAt.toISOString(),
      scope: ['Rollout'],
    },
  };
}

function pageOf(cluster = CLUSTER, overrides: RolloutOverride[] = []) {
  const inventory = {
    ...emptyInventory('cluster'),
    presenceClusters: [cluster],
    weddings: [wedding()],
    rolloutOverrides: overrides,
  };
  return clusterPage({
    row: fleetRow(cluster, inventory, NOON),
    presenceCluster: cluster,
    inventory,
    pods: new Map(),
    events: [],
    recorded: [
      { at: new Date(NOON.getTime() - 13 * HOUR).toISOString(), pods: 1 },
      { at: new Date(NOON.getTime() - HOUR).toISOString(), pods: 4 },
    ],
    from: new Date(NOON.getTime() - 12 * HOUR),
    until: new Date(NOON.getTime() + 12 * HOUR),
    now: NOON,
  });
}

describe('clusterPage', () => {
  it('plans as simulate does, with what is on beside it', () => {
    const { timeline } = pageOf();
    expect(timeline?.planned.map(({ at, pods }) => [at, pods])).toEqual([
      ['2027-06-04T23:00:00Z', 12],
      ['2027-06-05T17:00:00Z', 24],
      ['2027-06-05T19:00:00Z', 12],
    ]);
    expect(timeline?.recorded).toHaveLength(1);
    expect(timeline?.bands.map(({ kind, from }) => [kind, from])).toEqual([
      ['Freeze', '2027-06-05T07:30:00Z'],
      ['Peak', '2027-06-05T17:00:00Z'],
      ['Wedding', '2027-06-05T13:30:00Z'],
    ]);
  });

  it('lists overrides that are open or ended within a day, and no longer ones', () => {
    const day = 24 * HOUR;
    const earlier = (ms: number) => new Date(NOON.getTime() - ms);
    const { overrides } = pageOf(CLUSTER, [
      override('old', earlier(day), earlier(day + HOUR)),
      override('ended', earlier(HOUR), earlier(2 * HOUR)),
      override('open', new Date(NOON.getTime() + HOUR)),
    ]);
    expect(overrides.map(({ name, active }) => [name, active])).toEqual([
      ['open', 'Unknown'],
      ['ended', 'False'],
    ]);
  });

  it('says why nothing is computed for a spec that was never accepted, and shows the rest', () => {
    const page = pageOf(presenceCluster({ timeZone: 'Europe/Londn' }));
    expect(page.notComputed).toContain('UnknownTimeZone');
    expect(page.timeline).toBeUndefined();
    expect(page.row.timeZone).toBe('UTC');
    expect(page.weddings).toHaveLength(1);
  });
});

describe('explanationOf', () => {
  it('answers as explain for another time', () => {
    const inventory = { ...emptyInventory('cluster'), weddings: [wedding()] };
    expect(explanationOf(CLUSTER, inventory, new Date('2027-06-05T17:30:00Z'), false)).toMatchObject({
      desired: 24,
      winner: 'Calendar',
      activeWeddings: 1,
      people: 10,
      freeze: { until: '2027-06-06T04:00:00Z', reason: '1 wedding' },
      nextChange: { expect: 12 },
    });
  });
});

describe('calendarPage', () => {
  it('has days of 23 hours where clocks change', () => {
    const inventory = { ...emptyInventory('cluster'), weddings: [wedding()] };
    // Sunday 28 March 2027.
    const { days } = calendarPage(CLUSTER, inventory, { firstDay: 20_905, days: 2, now: NOON });
    expect(days).toEqual([
      { date: '2027-03-28', from: '2027-03-28T00:00:00Z', until: '2027-03-28T23:00:00Z' },
      { date: '2027-03-29', from: '2027-03-28T23:00:00Z', until: '2027-03-29T23:00:00Z' },
    ]);
  });

  it('has freezes, peaks and weddings of its days only', () => {
    const inventory = { ...emptyInventory('cluster'), weddings: [wedding()] };
    // Saturday 5 June 2027.
    const page = calendarPage(CLUSTER, inventory, { firstDay: 20_974, days: 1, now: NOON });
    expect(page).toMatchObject({
      freezes: [{ reason: '1 wedding', weddings: 1 }],
      peaks: [{ from: '2027-06-05T17:00:00Z', multiplier: 2 }],
      weddings: [{ name: 'ada-and-grace', people: 10 }],
      budget: { isExceeded: false },
    });
    const after = calendarPage(CLUSTER, inventory, { firstDay: 20_976, days: 1, now: NOON });
    expect([after.freezes, after.weddings]).toEqual([[], []]);
  });
});
