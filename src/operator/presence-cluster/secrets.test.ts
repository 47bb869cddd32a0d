import { describe, expect, it } from 'vitest';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import { presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { sha256Hex } from '../content-hash.ts';
import { ensureSecrets } from './secrets.ts';

const { signal } = new AbortController();
const ACL = 'Secret/wedsync-redis-acl';
const AUTH = 'Secret/wedsync-presence-auth';

const ensure = (client: MemoryKubeClient, cluster = presenceCluster()) =>
  ensureSecrets(client, cluster, cluster.spec, signal);

function textOf(client: MemoryKubeClient, key: string, field: string): string {
  const { data } = client.of(key) as KubeObject & { data: Record<string, string> };
  return Buffer.from(data[field] ?? '', 'base64').toString();
}

function secret(name: string, data: Record<string, string>, more: Partial<KubeObject['metadata']> = {}) {
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'weddings', ...more } },
    data: Object.fromEntries(encoded) as Record<string, string>,
  };
}

describe('ensureSecrets', () => {
  it('makes passwords that fit the ACL file, and a signing key', async () => {
    const client = new MemoryKubeClient();
    const { operatorPassword, signingProblem } = await ensure(client);
    expect(signingProblem).toBeUndefined();
    expect(operatorPassword).toBe(textOf(client, ACL, 'operator-password'));
    const acl = textOf(client, ACL, 'users.acl');
    const passwords = ['operator', 'presence', 'probe', 'replication'].map((user) => {
      const password = textOf(client, ACL, `${user}-password`);
      expect(acl).toContain(`user ${user} reset on #${sha256Hex(password)} `);
      expect(password).toMatch(/^[0-9a-f]{64}$/);
      return password;
    });
    expect(new Set(passwords).size).toBe(4);
    expect(textOf(client, ACL, 'replication.conf')).toContain(`masterauth ${passwords[3]}\n`);
    expect(Buffer.from(textOf(client, AUTH, 'secret'), 'base64url')).toHaveLength(32);
  });

  it('never overwrites them', async () => {
    const client = new MemoryKubeClient();
    const first = await ensure(client);
    const before = [...client.objects];
    expect(await ensure(client)).toEqual(first);
    expect([...client.objects]).toEqual(before);
  });

  it('takes those of whoever was faster', async () => {
    const client = new MemoryKubeClient();
    client.before('create', ACL, () => {
      client.put(secret('wedsync-redis-acl', { 'operator-password': 'theirs' }));
    });
    expect(await ensure(client)).toEqual({ operatorPassword: 'theirs' });
  });

  it('says which key is missing', async () => {
    const client = new MemoryKubeClient();
    client.put(secret('wedsync-redis-acl', { 'users.acl': '' }));
    await expect(ensure(client)).rejects.toThrow('Secret wedsync-redis-acl lacks the key operator-password');
  });

  it('does not take the passwords of a PresenceCluster of the same name that is gone', async () => {
    const client = new MemoryKubeClient();
    const gone = presenceCluster({}, { metadata: { uid: 'uid-before' } });
    await ensure(client, gone);
    await expect(ensure(client)).rejects.toThrow('belongs to a PresenceCluster that is gone');
    for (const key of [ACL, AUTH]) client.objects.delete(key);
    await expect(ensure(client)).resolves.toMatchObject({ operatorPassword: expect.any(String) });
  });

  it.each([
    ['is missing', undefined, 'Secret own, named by spec.presence.auth.secretName, does not exist'],
    ['lacks its key', secret('own', { other: 'x' }), 'Secret own lacks the key secret'],
    ['is complete', secret('own', { secret: 'x' }), undefined],
  ])('says so when the Secret of the user %s, and makes none in its place', async (_, given, problem) => {
    const client = new MemoryKubeClient();
    if (given) client.put(given);
    const cluster = presenceCluster({ presence: { auth: { secretName: 'own' } } });
    expect((await ensure(client, cluster)).signingProblem).toBe(problem);
    expect([...client.objects.keys()].sort()).toEqual(given ? ['Secret/own', ACL] : [ACL]);
  });

  it('needs no signing key when tokens are checked by a JWKS URL', async () => {
    const client = new MemoryKubeClient();
    const auth = { jwksUrl: 'https://id.example.com/keys' };
    expect((await ensure(client, presenceCluster({ presence: { auth } }))).signingProblem).toBeUndefined();
    expect([...client.objects.keys()]).toEqual([ACL]);
  });
});
