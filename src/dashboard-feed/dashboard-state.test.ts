import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { DashboardState } from './dashboard-state.ts';

let state: DashboardState;

beforeEach(() => {
  state = new DashboardState({
    // It is not started, and asks nothing.
    client: {} as KubeClient,
    clock: new ManualClock('2027-06-05T17:00:00Z'),
    version: '1.2.3',
    namespaces: ['weddings', 'parties'],
    readsHistory: false,
    isInCluster: true,
  });
});

describe('DashboardState', () => {
  it('does not say that there is nothing before it has read', () => {
    expect(() => state.namespaces()).toThrow(expect.objectContaining({ code: 503 }));
  });

  it('tells no viewer which namespaces it watches', () => {
    expect(state.healthFrame().toString()).not.toContain('parties');
  });
});
