import { describe, expect, it } from 'vitest';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import { NOON, presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { sha256Hex } from '../objects/content-hash.ts';
import { ensureSecrets } from './secrets.ts';

const { signal } = new AbortController();
const ACL = 'Secret/wedsync-redis-acl';
const AUTH = 'Secret/wedsync-presence-auth';
/** The authority and the certificate of the bus. */
const BUS = ['Secret/wedsync-redis-ca', 'Secret/wedsync-redis-tls'];

const ensure = (client: MemoryKubeClient, cluster = presenceCluster(), serversRun = false) =>
  ensureSecrets({ client, cluster, spec: cluster.spec, serversRun, now: NOON, signal });

/** The Secret that a first pass makes, changed. */
async function changed(change: (data: Record<string, string>) => void): Promise<MemoryKubeClient> {
  const client = new MemoryKubeClient();
  await ensure(client);
  const made = client.of(ACL) as KubeObject & { data: Record<string, string> };
  const data = { ...made.data };
  change(data);
  client.put({ ...made, data });
  return client;
}

function textOf(client: MemoryKubeClient, key: string, field: string): string {
  const { data } = client.of(key) as KubeObject & { data: Record<string, string> };
  return Buffer.from(data[field] ?? '', 'base64').toString();
}

function secret(name: string, data: Record<string, string>, more: Partial<KubeObject['metadata']> = {}) {
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'weddings', ...more },
    data: Object.fromEntries(encoded) as Record<string, string>,
  };
}

describe('ensureSecrets', () => {
  it('makes passwords that fit the ACL file, and a signing key', async () => {
    const client = new MemoryKubeClient();
    const { redis, signingProblem } = await ensure(client);
    const { operatorPassword } = redis;
    expect(redis.rulesAreCurrent).toBe(true);
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
    expect((await ensure(client)).redis).toEqual(first.redis);
    expect([...client.objects]).toEqual(before);
  });

  it('takes those of whoever was faster', async () => {
    const other = new MemoryKubeClient();
    const theirs = await ensure(other);
    const client = new MemoryKubeClient();
    client.before('create', ACL, () => client.put(other.of(ACL) as KubeObject));
    expect((await ensure(client)).redis.credentials).toEqual(theirs.redis.credentials);
  });

  it.each([403, 422])(
    'finds those that are there, as after a restore, where none may be made: %i',
    async (code) => {
      const client = new MemoryKubeClient();
      const before = await ensure(client);
      for (const key of [ACL, AUTH, ...BUS]) client.refuse('create', key, code);
      const { redis, tls } = await ensure(client);
      expect(redis).toEqual(before.redis);
      expect(tls?.inUse?.fingerprint).toBe(before.tls?.inUse?.fingerprint);
      client.objects.delete(ACL);
      expect((await ensure(client)).redis.problem?.reason).toBe('SecretRefused');
    },
  );

  describe('where the API server refuses a Secret', () => {
    const QUOTA = 'secrets "x" is forbidden: exceeded quota: few, requested: secrets=1, used: secrets=0';
    const WEBHOOK = 'failed calling webhook "w.example.com": connection refused';
    const RIGHT = 'secrets "x" is forbidden: User "op" cannot get resource "secrets" in API group ""';
    const POLICY =
      "secrets \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request";
    const refuse = (
      client: MemoryKubeClient,
      verb: 'get' | 'create' | 'patch',
      key: string,
      answer: readonly [number, string],
    ) => {
      const [code, message] = answer;
      client.before(verb, key, () => {
        throw new KubeError({ code, reason: 'Refused', message });
      });
    };

    it.each([
      [403, QUOTA, 'Raise the ResourceQuota'],
      [500, WEBHOOK, 'Exempt the Secrets of the operator'],
      [422, POLICY, 'Exempt the Secrets of the operator'],
    ] as const)('that it has to make, it says so with the cause: %i %s', async (code, message, remedy) => {
      const client = new MemoryKubeClient();
      for (const key of [ACL, AUTH, ...BUS]) refuse(client, 'create', key, [code, message]);
      const { redis, signingProblem, tls, refused } = await ensure(client);
      const said = (name: string) => expect.stringMatching(new RegExp(`^Secret ${name} cannot be made: `));
      expect(redis).toEqual({
        problem: { reason: 'SecretRefused', message: said('wedsync-redis-acl') },
        rulesAreCurrent: true,
      });
      expect(signingProblem).toEqual(said('wedsync-presence-auth'));
      expect(tls).toEqual({ problem: { reason: 'SecretRefused', message: said('wedsync-redis-ca') } });
      expect(refused).toHaveLength(3);
      for (const { message: text } of refused) {
        expect(text).toContain(message);
        expect(text).toContain(remedy);
      }
    });

    it('that it has to read, it says whose permission is missing', async () => {
      const client = new MemoryKubeClient();
      await ensure(client);
      const known = presenceCluster({}, { status: {} });
      for (const key of [ACL, AUTH, ...BUS]) refuse(client, 'get', key, [403, RIGHT]);
      const { redis, signingProblem, tls, refused } = await ensure(client, known, true);
      expect(redis.problem?.message).toMatch(
        /cannot be read: .*Restore the permissions .*Running servers go on/,
      );
      expect(signingProblem).toContain('cannot be read');
      expect(tls?.problem?.message).toMatch(/cannot be read: .*Running servers go on/);
      expect(refused).toHaveLength(3);
    });

    it('goes on with a Secret whose labels it may not put back, and says so', async () => {
      const client = new MemoryKubeClient();
      await ensure(client);
      const made = client.of(ACL) as KubeObject;
      client.put({ ...made, metadata: { ...made.metadata, labels: {} } });
      refuse(client, 'patch', ACL, [422, POLICY]);
      const { redis, refused } = await ensure(client, presenceCluster({}, { status: {} }));
      expect(redis.credentials).toBeDefined();
      expect(refused.map(({ message }) => message)).toEqual([
        expect.stringContaining('Secret wedsync-redis-acl cannot be changed'),
      ]);
    });

    it.each([
      [503, 'the server is starting'],
      [401, 'Unauthorized'],
      [0, 'no answer'],
    ] as const)('for trouble of its own, it is asked again: %i', async (code, message) => {
      const client = new MemoryKubeClient();
      refuse(client, 'create', ACL, [code, message]);
      await expect(ensure(client)).rejects.toMatchObject({ code });
    });

    it('in a text of any length, the condition has room for it', async () => {
      const client = new MemoryKubeClient();
      refuse(client, 'create', ACL, [403, 'x'.repeat(100_000)]);
      const { redis } = await ensure(client);
      expect(redis.problem?.message.length).toBeLessThan(1024);
    });
  });

  it('makes none anew while servers run with what the old one held, and says what to do', async () => {
    const client = new MemoryKubeClient();
    const { redis } = await ensure(client, presenceCluster(), true);
    expect(redis.problem?.reason).toBe('SecretMissing');
    expect(redis.problem?.message).toContain('Secret wedsync-redis-acl is gone: put it back from a backup');
    expect(client.of(ACL)).toBeUndefined();
    expect((await ensure(client)).redis.problem).toBeUndefined();
  });

  it('says which key is missing, and goes on with the others', async () => {
    const client = await changed((data) => delete data['presence-password']);
    const { redis } = await ensure(client, presenceCluster(), true);
    expect(redis.problem?.reason).toBe('KeyMissing');
    expect(redis.problem?.message).toContain('Secret wedsync-redis-acl lacks presence-password: put back');
    expect(redis.operatorPassword).toBe(textOf(client, ACL, 'operator-password'));
  });

  it('does not use a password that no server takes', async () => {
    const client = await changed((data) => {
      data['operator-password'] = Buffer.from('guessed').toString('base64');
    });
    const { redis } = await ensure(client, presenceCluster(), true);
    expect(redis.problem?.reason).toBe('KeyChanged');
    expect(redis.problem?.message).toContain('operator-password is no password of users.acl');
    expect(redis.operatorPassword).toBeUndefined();
  });

  it('sees rules of another version of the operator', async () => {
    const client = await changed((data) => {
      const acl = Buffer.from(data['users.acl'] ?? '', 'base64')
        .toString()
        .replace(' +ping', '');
      data['users.acl'] = Buffer.from(acl).toString('base64');
    });
    expect((await ensure(client)).redis).toMatchObject({ rulesAreCurrent: false });
  });

  it('does not take the passwords of a PresenceCluster of the same name that is gone', async () => {
    const client = new MemoryKubeClient();
    const gone = presenceCluster({}, { metadata: { uid: 'uid-before' } });
    await ensure(client, gone);
    await expect(ensure(client)).rejects.toThrow('belongs to a PresenceCluster that is gone');
    for (const key of [ACL, AUTH, ...BUS]) client.objects.delete(key);
    await expect(ensure(client)).resolves.toMatchObject({ redis: { operatorPassword: expect.any(String) } });
  });

  it.each([
    ['is missing', undefined, 'Secret own, named by spec.presence.auth.secretName, does not exist.'],
    ['lacks its key', secret('own', { other: 'x' }), 'Secret own lacks the key secret.'],
    ['has an empty key', secret('own', { secret: '' }), 'Secret own lacks the key secret.'],
    ['has a newline only', secret('own', { secret: '\n' }), 'Secret own lacks the key secret.'],
    [
      'has a short key',
      secret('own', { secret: `${'k'.repeat(31)}\n` }),
      'Secret own has only 31 bytes under the key secret, and HS256 needs at least 32.',
    ],
    ['is complete', secret('own', { secret: 'k'.repeat(32) }), undefined],
  ])('says so when the Secret of the user %s, and makes none in its place', async (_, given, problem) => {
    const client = new MemoryKubeClient();
    if (given) client.put(given);
    const cluster = presenceCluster({ presence: { auth: { secretName: 'own' } } });
    expect((await ensure(client, cluster)).signingProblem).toBe(problem);
    expect([...client.objects.keys()].sort()).toEqual([...(given ? ['Secret/own'] : []), ACL, ...BUS]);
  });

  it('says so when the key that it made is gone from its Secret', async () => {
    const client = new MemoryKubeClient();
    await ensure(client);
    client.put({ ...(client.of(AUTH) as KubeObject), data: { secret: '' } });
    expect((await ensure(client)).signingProblem).toBe('Secret wedsync-presence-auth lacks the key secret.');
  });

  it('needs no signing key when tokens are checked by a JWKS URL', async () => {
    const client = new MemoryKubeClient();
    const auth = { jwksUrl: 'https://id.example.com/keys' };
    expect((await ensure(client, presenceCluster({ presence: { auth } }))).signingProblem).toBeUndefined();
    expect([...client.objects.keys()].sort()).toEqual([ACL, ...BUS]);
  });
});
