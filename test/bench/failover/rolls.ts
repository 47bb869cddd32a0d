import { setTimeout as delay } from 'node:timers/promises';
import { planTopology } from '../../../src/domain/topology/plan.ts';
import { nextRollStep } from '../../../src/domain/topology/roll.ts';
import { addressesOf, executeSteps } from '../../../src/operator/redis/execute.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { DESIRED, type TestPod } from '../../integration/redis/topology-cluster.ts';
import type { Scene } from './scene.ts';

/** How long a pod is away: the shortest that a kubelet takes. */
const AWAY_MS = 1_000;
const LOOK_EVERY_MS = 100;

/** As the operator renews pods: replicas first, a hand-over to a synced replica, then the old primary; each waits for Steady. */
export async function plannedRoll({ cluster }: Scene): Promise<void> {
  const outdated = new Set(cluster.pods.map(({ pod }) => pod.pod));
  while (outdated.size > 0) {
    const observed = await cluster.look();
    const plan = planTopology(observed, DESIRED);
    await executeSteps({ admin: cluster.admin, clock: systemClock }, plan.steps, addressesOf(observed));
    const step = nextRollStep({ observed, plan, outdated, notReady: [] });
    if (step.kind === 'failover') {
      const failover = { ...step, mode: 'Graceful' as const };
      await executeSteps({ admin: cluster.admin, clock: systemClock }, [failover], addressesOf(observed));
    }
    if (step.kind === 'renew') {
      await renew(podNamed(cluster.pods, step.pod), cluster);
      outdated.delete(step.pod);
    }
    await delay(LOOK_EVERY_MS);
  }
  await cluster.converge();
}

/**
 * As a StatefulSet renews pods that know nothing of each other: by ordinal from the highest, each as soon as the one before
 * answers PING. The data stays, or the second pod of each shard would find nothing to follow.
 */
export async function naiveRoll({ cluster }: Scene): Promise<void> {
  for (const entry of [...cluster.pods].reverse()) {
    await entry.process.stop();
    await delay(AWAY_MS);
    await entry.process.restart();
  }
  await cluster.converge();
}

async function renew(entry: TestPod, cluster: Scene['cluster']): Promise<void> {
  await entry.process.stop();
  await delay(AWAY_MS);
  await cluster.replace(entry, 'blank');
}

function podNamed(pods: readonly TestPod[], name: string): TestPod {
  const found = pods.find(({ pod }) => pod.pod === name);
  if (found === undefined) throw new Error(`there is no pod ${name}`);
  return found;
}
