import { expect, it } from 'vitest';
import { isSchedulable, type KubeNode, trimNode } from './kube-node.ts';

const node = (more: Pick<KubeNode, 'spec' | 'status'>, ready = 'True'): KubeNode => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'a' },
  status: { conditions: [{ type: 'Ready', status: ready }] },
  ...more,
});
const tainted = (effect: string) => node({ spec: { taints: [{ key: 'k', effect }] } });

it.each([
  ['is ready', true, node({})],
  ['would rather have none', true, tainted('PreferNoSchedule')],
  ['is not ready', false, node({}, 'False')],
  ['is not heard of', false, node({}, 'Unknown')],
  ['has not reported yet', false, node({ status: {} })],
  ['is cordoned', false, node({ spec: { unschedulable: true } })],
  ['is for others (NoSchedule)', false, tainted('NoSchedule')],
  ['is for others (NoExecute)', false, tainted('NoExecute')],
])('says of a node that %s whether Redis pods can be placed there: %s', (_, takesPods, each) => {
  expect(isSchedulable(each)).toBe(takesPods);
});

it('keeps of a node what is read, and does not change the object that it is given', () => {
  const whole = {
    ...node({ spec: { taints: [{ key: 'k', effect: 'NoExecute' }] } }),
    metadata: { name: 'a', uid: 'u', resourceVersion: '7', labels: { zone: 'x' } },
    status: {
      conditions: [
        { type: 'MemoryPressure', status: 'False' },
        { type: 'Ready', status: 'True' },
      ],
      images: ['many'],
    },
  };
  const before = structuredClone(whole);
  expect(trimNode(whole)).toEqual({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'a', uid: 'u', resourceVersion: '7' },
    spec: { unschedulable: false, taints: [{ key: 'k', effect: 'NoExecute' }] },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  });
  expect(whole).toEqual(before);
});
