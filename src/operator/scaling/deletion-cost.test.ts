import { expect, it } from 'vitest';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { Pod } from '../cluster-state/pod.ts';
import { DELETION_COST, writeDeletionCosts } from './deletion-cost.ts';

const NEVER = new AbortController().signal;

function pods(client: MemoryKubeClient, ...names: string[]): { pod: Pod; cost: number }[] {
  return names.map((name, cost) => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'ns', uid: `uid-${name}` } };
    client.put(pod as KubeObject);
    return { pod: pod as unknown as Pod, cost };
  });
}

const written = (client: MemoryKubeClient, name: string): unknown =>
  client.of(`Pod/${name}`)?.metadata.annotations?.[DELETION_COST];

it('passes over a pod that has gone meanwhile', async () => {
  const client = new MemoryKubeClient();
  const costs = pods(client, 'a', 'gone', 'b');
  client.refuse('patch', 'Pod/gone', 404);
  await writeDeletionCosts(client, costs, NEVER);
  expect([written(client, 'a'), written(client, 'b')]).toEqual(['0', '2']);
});

it('writes the others of one that cannot be written, and then says so, so that nothing is removed', async () => {
  const client = new MemoryKubeClient();
  const costs = pods(client, 'refused', 'b');
  client.refuse('patch', 'Pod/refused', 403);
  await expect(writeDeletionCosts(client, costs, NEVER)).rejects.toThrow('refused by the test');
  expect(written(client, 'b')).toBe('1');
});

it('ends with the reason of its signal', async () => {
  const client = new MemoryKubeClient();
  const costs = pods(client, 'refused');
  client.refuse('patch', 'Pod/refused', 403);
  await expect(writeDeletionCosts(client, costs, AbortSignal.abort(new Error('over')))).rejects.toThrow(
    'over',
  );
});
