import { describe, expect, it } from 'vitest';
import { observed, presenceCluster } from '../../../../test/support/presence-cluster-builder.ts';
import { presenceDeployment } from '../../../domain/resources/presence-workload.ts';
import type { KubeObject } from '../../../platform/kube/resource.ts';
import { isPaused, pauseInFlight } from './gate-workload.ts';

const open = { active: false, weddings: [] };
const frozen = { active: true, weddings: ['a'] };
const cluster = presenceCluster();
const manifest = presenceDeployment(cluster, cluster.spec, { image: 'new', pullSecrets: [] });

function live(status: { replicas: number; updatedReplicas: number }, paused?: boolean): KubeObject {
  const spec = { ...(manifest.spec as object), ...(paused === undefined ? {} : { paused }) };
  return { ...(manifest as unknown as KubeObject), spec, status };
}

const half = { replicas: 4, updatedReplicas: 2 };
const whole = { replicas: 4, updatedReplicas: 4 };

describe('pauseInFlight', () => {
  it.each([
    ['a rollout in flight is paused in a freeze', live(half), frozen, true],
    ['it goes on outside of one', live(half), open, false],
    ['it goes on when the freeze has ended', live(half, true), open, false],
    ['a complete rollout is left alone', live(whole), frozen, false],
    ['what is paused stays so until the end, however its pods stand', live(whole, true), frozen, true],
  ])('%s', (_, child, freeze, paused) => {
    expect(isPaused(pauseInFlight(manifest, observed({ children: [child] }), freeze))).toBe(paused);
  });

  it('lets a Deployment that is new come up in a freeze', () => {
    expect(isPaused(pauseInFlight(manifest, observed(), frozen))).toBe(false);
  });
});
