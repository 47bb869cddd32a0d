import { expect, it } from 'vitest';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import { observed } from '../../../test/support/presence-cluster-builder.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { applyReplicas, type WrittenReplicas } from './apply-replicas.ts';

const { signal } = new AbortController();
const KEY = 'Deployment/wedsync-presence';

function deployment(replicas: number): KubeObject {
  const metadata = { name: 'wedsync-presence', namespace: 'weddings' };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas } };
}

it('writes a number once while the cache shows the Deployment from before, and again when it shows another', async () => {
  const client = new MemoryKubeClient();
  const before = client.put(deployment(4));
  const written: WrittenReplicas = new WeakMap();
  const apply = (children: KubeObject[], replicas: number) =>
    applyReplicas(client, observed({ children }), replicas, { written, signal });
  expect(await apply([before], 6)).toBe(4);
  client.refuse('applyScale', KEY);
  expect(await apply([before], 6)).toBeUndefined();
  await expect(apply([before], 7)).rejects.toThrow('refused by the test');
  await expect(apply([deployment(5)], 6)).rejects.toThrow('refused by the test');
});
