import { expect, it } from 'vitest';
import { isSchedulable, type KubeNode } from './kube-node.ts';

const node = (more: Omit<KubeNode, 'metadata'>, ready = 'True'): KubeNode => ({
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
