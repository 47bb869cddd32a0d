import { describe, expect, it } from 'vitest';
import type { KubeNode } from './kube-node.ts';
import { podsToForce } from './lost-pods.ts';
import type { Pod } from './pod.ts';
import { whyDown } from './pod-health.ts';

const ENDS_AT = '2027-06-01T10:00:00Z';
const LATE = new Date('2027-06-01T10:00:11Z');
const pod = (change: Partial<Pod['metadata']> = {}, status: Pod['status'] = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  spec: { nodeName: 'a' },
  status,
  metadata: { name: 'redis-0-0', namespace: 'ns', uid: 'u', ...change },
});
const node = (ready: string, taints: string[]): KubeNode => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'a' },
  spec: { taints: taints.map((key) => ({ key })) },
  status: { conditions: [{ type: 'Ready', status: ready }] },
});
const LOST = node('Unknown', ['node.kubernetes.io/unreachable']);

describe('podsToForce', () => {
  it('names a pod that is overdue on a node that nobody reaches', () => {
    const overdue = pod({ deletionTimestamp: ENDS_AT });
    expect(podsToForce([overdue], () => LOST, LATE)).toEqual([overdue]);
  });

  it.each([
    ['one that nobody deleted', pod(), LOST, LATE],
    ['one that may still end by itself', pod({ deletionTimestamp: ENDS_AT }), LOST, new Date(ENDS_AT)],
    ['one on a node that is back', pod({ deletionTimestamp: ENDS_AT }), node('True', []), LATE],
    [
      'one on a node that is not ready but reachable',
      pod({ deletionTimestamp: ENDS_AT }),
      node('False', []),
      LATE,
    ],
    ['one of whose node nothing is known', pod({ deletionTimestamp: ENDS_AT }), undefined, LATE],
  ])('leaves %s', (_, each, at, now) => {
    expect(podsToForce([each], () => at, now)).toEqual([]);
  });
});

describe('whyDown', () => {
  it.each([
    ['its node a is not ready', pod(), LOST],
    ['it has ended', pod({}, { phase: 'Failed' }), undefined],
    [
      'its container does not run',
      pod({}, { containerStatuses: [{ name: 'redis', restartCount: 1, state: { terminated: {} } }] }),
      undefined,
    ],
    ['it is not ready', pod({}, { conditions: [{ type: 'Ready', status: 'False' }] }), undefined],
  ])('says that %s', (why, each, at) => {
    expect(whyDown(each, at)).toBe(why);
  });

  it('says nothing of a pod that is ready, or of which nothing is known', () => {
    expect(
      whyDown(pod({}, { conditions: [{ type: 'Ready', status: 'True' }] }), node('True', [])),
    ).toBeUndefined();
    expect(whyDown(pod(), undefined)).toBeUndefined();
  });
});
