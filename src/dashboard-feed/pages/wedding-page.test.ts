import { describe, expect, it } from 'vitest';
import { NOON, presenceCluster, wedding } from '../../../test/support/presence-cluster-builder.ts';
import type { PresenceCluster, Wedding } from '../../api/v1alpha1/kinds.ts';
import { emptyInventory } from '../../reports/inventory.ts';
import type { ClusterEvent } from '../objects/cluster-event.ts';
import { fleetRow } from './fleet-row.ts';
import { weddingPage } from './wedding-page.ts';

const MINUTE = 60_000;
const CLUSTER = presenceCluster({
  scaling: { baselineReplicas: 4, peaks: [{ from: '18:00', to: '20:00', multiplier: 2 }] },
  freeze: { days: ['Saturday'] },
});

const ago = (minutes: number): string => new Date(NOON.getTime() - minutes * MINUTE).toISOString();

function event(note: string, minutes: number): ClusterEvent {
  const row = { at: ago(minutes), reason: 'RolloutHeld', isWarning: false, note, count: 1 };
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: note },
    regarding: 'wedsync',
    row,
  };
}

function named(name: string, spec: Partial<Wedding['spec']> = {}): Wedding {
  const base = wedding();
  return { ...base, metadata: { ...base.metadata, name }, spec: { ...base.spec, ...spec } };
}

interface Given {
  weddings?: Wedding[];
  events?: ClusterEvent[];
  cluster?: PresenceCluster;
  now?: Date;
  recorded?: { at: string; pods: number; connections?: number }[];
}

function pageOf(name: string, given: Given = {}) {
  const { weddings = [wedding()], events = [], cluster = CLUSTER, now = NOON, recorded = [] } = given;
  const inventory = { ...emptyInventory('cluster'), presenceClusters: [cluster], weddings };
  const row = fleetRow(cluster, inventory, now);
  return weddingPage({ row, presenceCluster: cluster, inventory, name, events, recorded, now });
}

describe('weddingPage', () => {
  it('has times, crew, what protects it, and the plan around it', () => {
    const page = pageOf('ada-and-grace');
    expect(page).toMatchObject({
      wedding: { name: 'ada-and-grace', ceremony: '2027-06-05T13:30:00Z', people: 10 },
      phase: 'Upcoming',
      freezes: [{ from: '2027-06-05T07:30:00Z', reason: '1 wedding' }],
      others: [],
    });
    expect(page?.crew.reduce((sum, { people }) => sum + people, 0)).toBe(10);
    expect(page?.timeline?.from).toBe('2027-06-05T07:30:00Z');
    expect(page?.timeline?.bands.map(({ kind }) => kind)).toEqual(['Freeze', 'Peak', 'Wedding']);
  });

  it.each([
    ['2027-06-05T14:00:00Z', 'Confirmed', 'Active'],
    ['2027-06-07T12:00:00Z', 'Confirmed', 'Over'],
    ['2027-06-05T14:00:00Z', 'Cancelled', 'Cancelled'],
  ] as const)('at %s and %s it is %s', (at, state, phase) => {
    const weddings = [named('ada-and-grace', { state })];
    expect(pageOf('ada-and-grace', { weddings, now: new Date(at) })?.phase).toBe(phase);
  });

  it('finds what protects a wedding that is over, and one further ahead than windows are written', () => {
    for (const now of ['2027-06-08T12:00:00Z', '2026-12-05T12:00:00Z']) {
      const page = pageOf('ada-and-grace', { now: new Date(now) });
      expect(page?.freezes, now).toMatchObject([{ reason: '1 wedding' }]);
    }
  });

  it('says that nothing protects one outside of the protected days', () => {
    const weddings = [named('ada-and-grace', { date: '2027-06-08' })];
    expect(pageOf('ada-and-grace', { weddings })?.freezes).toEqual([]);
  });

  it('names the weddings at the same time, and no others', () => {
    const weddings = [wedding(), named('same-day'), named('next-week', { date: '2027-06-12' })];
    expect(pageOf('ada-and-grace', { weddings })?.others.map(({ name }) => name)).toEqual(['same-day']);
  });

  it('has the last hour, newest first, and says how much it leaves out', () => {
    const events = [event('old', 61), event('first', 30), event('second', 10)];
    const recorded = Array.from({ length: 100 }, (_, index) => ({ at: ago(99 - index), pods: index }));
    const page = pageOf('ada-and-grace', { events, recorded });
    expect(page?.events.map(({ note }) => note)).toEqual(['second', 'first']);
    expect(page?.lastHour.slice(0, 2).map(({ pods }) => pods)).toEqual([99, 98]);
    expect([page?.lastHour.length, page?.notShown.lastHour]).toEqual([40, 20]);
  });

  it('is not there for a wedding of another PresenceCluster, or none', () => {
    const weddings = [named('theirs', { presenceClusterName: 'other' })];
    expect(pageOf('theirs', { weddings })).toBeUndefined();
    expect(pageOf('nobody')).toBeUndefined();
  });

  it('says why its time is not known, and why nothing is computed for a spec that was never accepted', () => {
    const weddings = [named('ada-and-grace', { timeZone: 'Europe/Londn' })];
    expect(pageOf('ada-and-grace', { weddings })).toMatchObject({
      phase: 'Unknown',
      notComputed: expect.stringContaining('Europe/Londn'),
      wedding: { people: 10 },
    });
    const cluster = presenceCluster({ timeZone: 'Europe/Londn' });
    const page = pageOf('ada-and-grace', { cluster });
    expect(page?.notComputed).toContain('UnknownTimeZone');
    expect(page?.phase).toBe('Upcoming');
  });
});
