import { expect, it } from 'vitest';
import type { KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import type { ResourceType } from '../../platform/kube/resource.ts';
import { listAll } from './from-cluster.ts';

/** Refuses to list one kind. */
function clientWithout(kind: string, code: number): Pick<KubeClient, 'list'> {
  const list = async (type: ResourceType) => {
    if (type.kind === kind) throw new KubeError({ code, reason: 'Refused', message: `list ${type.plural}` });
    return { items: [{ kind: type.kind }], resourceVersion: '1' };
  };
  return { list: list as unknown as KubeClient['list'] };
}

it.each([403, 404])('leaves ChangeFreezes out that cannot be listed, and says so: %i', async (code) => {
  const notes: string[] = [];
  const client = clientWithout('ChangeFreeze', code);
  const found = await listAll(client, 'shop', ['PresenceCluster', 'ChangeFreeze'], notes);
  expect(found.map(({ kind }) => kind)).toEqual(['PresenceCluster']);
  expect(notes).toEqual(['ChangeFreezes are left out: list changefreezes']);
});

it('fails without the other kinds, and while the API server is in trouble', async () => {
  const wanted = ['PresenceCluster', 'ChangeFreeze'] as const;
  await expect(listAll(clientWithout('PresenceCluster', 403), 'shop', wanted, [])).rejects.toThrow(KubeError);
  await expect(listAll(clientWithout('ChangeFreeze', 500), 'shop', wanted, [])).rejects.toThrow(KubeError);
});
