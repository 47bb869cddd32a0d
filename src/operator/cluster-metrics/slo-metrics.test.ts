import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { createStore } from '../../platform/kube/store.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { ClusterMemories } from '../memory/cluster-memory.ts';
import { registerClusterMetrics } from './register.ts';

it('what status shows is a metric, and what it does not show is none', async () => {
  const { registry } = createMetrics({ processMetrics: false });
  const clusters = createStore<PresenceCluster>();
  registerClusterMetrics(registry, {
    stores: { clusters, children: createStore() },
    memories: new ClusterMemories(),
    isLeader: () => true,
    clock: new ManualClock(),
  });
  const burnRates = [{ window: '5m', updates: 20, joins: 0.5 }];
  const leftOut = [{ pod: 'p', because: 'why' }];
  const slo = {
    since: '2027-06-05T11:00:00Z',
    updates: { objective: 99.9, attainment: 99.997, budgetLeft: -3 },
    joins: { objective: 99.95 },
    burnRates,
    leftOut,
  };
  clusters.put(
    presenceCluster({ slo: { windowDays: 14, updates: { withinMilliseconds: 500 } } }, { status: { slo } }),
  );
  clusters.put(presenceCluster({}, { metadata: { name: 'other', uid: 'other' } }));
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('presence_slo_'));
  const of = 'namespace="weddings",presencecluster="wedsync"';
  expect(lines.sort()).toEqual(
    [
      `presence_slo_objective_ratio{${of},objective="updates"} 0.999`,
      `presence_slo_objective_ratio{${of},objective="joins"} 0.9995`,
      `presence_slo_attainment_ratio{${of},objective="updates"} 0.99997`,
      `presence_slo_error_budget_left_ratio{${of},objective="updates"} -0.03`,
      `presence_slo_within_seconds{${of}} 0.5`,
      `presence_slo_burn_rate{${of},objective="updates",window="5m"} 20`,
      `presence_slo_burn_rate{${of},objective="joins",window="5m"} 0.5`,
      `presence_slo_burn_rate_limit{${of},window="1h"} 6.7`,
      `presence_slo_burn_rate_limit{${of},window="6h"} 2.8`,
      `presence_slo_burn_rate_limit{${of},window="3d"} 0.5`,
      `presence_slo_pods_left_out{${of}} 1`,
    ].sort(),
  );
});
