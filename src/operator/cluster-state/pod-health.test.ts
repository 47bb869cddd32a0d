import { describe, expect, it } from 'vitest';
import type { KubeNode } from './kube-node.ts';
import type { Pod } from './pod.ts';
import { probeFailureWindowMs } from './pod-health.ts';

const STARTED = '2027-06-01T10:00:00Z';
const UNREADY = '2027-06-01T11:00:00Z';
const PROBE = { periodSeconds: 3, failureThreshold: 2 };
type Container = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

interface Change {
  readonly metadata?: Partial<Pod['metadata']>;
  readonly ready?: string;
  readonly container?: Partial<Container>;
  readonly probe?: typeof PROBE;
}

/** A pod whose server has stopped answering its readiness probe, as the kubelet tells it. */
function hung({ metadata = {}, ready = 'False', container = {}, probe = PROBE }: Change = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'redis-0-0', namespace: 'ns', uid: 'u', ...metadata },
    spec: { nodeName: 'a', containers: [{ name: 'redis', readinessProbe: probe }] },
    status: {
      conditions: [{ type: 'Ready', status: ready, lastTransitionTime: UNREADY }],
      containerStatuses: [
        {
          name: 'redis',
          restartCount: 0,
          ready: false,
          started: true,
          state: { running: { startedAt: STARTED } },
          ...container,
        },
      ],
    },
  };
}

const node = (status: string): KubeNode => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'a' },
  spec: {},
  status: { conditions: [{ type: 'Ready', status }] },
});

describe('probeFailureWindowMs', () => {
  it('reaches back from the last of the failed probes to the first', () => {
    expect(probeFailureWindowMs(hung(), node('True'))).toBe(3_000);
    expect(probeFailureWindowMs(hung(), undefined)).toBe(3_000);
    expect(
      probeFailureWindowMs(hung({ probe: { periodSeconds: 5, failureThreshold: 4 } }), node('True')),
    ).toBe(15_000);
    expect(
      probeFailureWindowMs(hung({ probe: { periodSeconds: 5, failureThreshold: 1 } }), node('True')),
    ).toBe(0);
  });

  it.each<[string, Change, string]>([
    ['its node is not ready: nobody has asked it', {}, 'Unknown'],
    ['it is ready', { ready: 'True' }, 'True'],
    ['the control plane has given it up, not its kubelet', { container: { ready: true } }, 'True'],
    ['the kubelet has said nothing for long', { ready: 'Unknown' }, 'True'],
    ['it ends', { metadata: { deletionTimestamp: UNREADY } }, 'True'],
    ['it is still starting', { container: { started: false } }, 'True'],
    ['it is unready since its start', { container: { state: { running: { startedAt: UNREADY } } } }, 'True'],
    ['it does not run', { container: { state: { terminated: {} } } }, 'True'],
  ])('says nothing when %s', (_, change, status) => {
    expect(probeFailureWindowMs(hung(change), node(status))).toBe(0);
  });

  it('says nothing of a pod of which nothing is known', () => {
    const { metadata } = hung();
    expect(probeFailureWindowMs({ apiVersion: 'v1', kind: 'Pod', metadata, spec: {} }, undefined)).toBe(0);
  });
});
