import { describe, expect, it } from 'vitest';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import { NOON, presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { API_VERSION } from '../../api/schema/group.ts';
import { redisDnsNames } from '../../domain/resources/redis-tls.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import { issueCertificate } from '../../platform/tls/issue-certificate.ts';
import type { Secret } from './acl-secret.ts';
import { removeObsoleteCertificate } from './cert-manager.ts';
import { ensureCertificates } from './tls-secrets.ts';

const { signal } = new AbortController();
const DAY_MS = 24 * 3_600_000;
const TLS = 'Secret/wedsync-redis-tls';
const CA = 'Secret/wedsync-redis-ca';
const OWN = {};
const GIVEN = { source: 'Secret', secretName: 'ours' } as const;
const OWNER = { apiVersion: API_VERSION, kind: 'PresenceCluster', name: 'wedsync', controller: true };
const MANAGED = { source: 'CertManager', issuerRef: { name: 'ours' } } as const;

function ensure(
  client: MemoryKubeClient,
  tls: typeof OWN | { source: 'Secret'; secretName: string } | typeof MANAGED | null = OWN,
  more: { now?: Date; serversRun?: boolean; certificatesRun?: boolean } = {},
  status?: { observedGeneration: number },
) {
  const made = presenceCluster(tls === null ? {} : { redis: { tls } });
  const cluster = status === undefined ? made : { ...made, status };
  return ensureCertificates({
    client,
    cluster,
    spec: cluster.spec,
    serversRun: false,
    now: NOON,
    signal,
    ...more,
  });
}

const life = {
  notBefore: new Date(NOON.getTime() - DAY_MS),
  notAfter: new Date(NOON.getTime() + 90 * DAY_MS),
};
const authority = issueCertificate({ kind: 'Authority', commonName: 'ours', ...life });

function put(
  client: MemoryKubeClient,
  change: Record<string, string | undefined> = {},
  notAfter = life.notAfter,
  name = 'ours',
) {
  const dnsNames = redisDnsNames(presenceCluster());
  const leaf = issueCertificate({ kind: 'Peer', commonName: 'r', dnsNames, authority, ...life, notAfter });
  const texts = {
    'tls.crt': leaf.certificate,
    'tls.key': leaf.key,
    'ca.crt': authority.certificate,
    ...change,
  };
  const data = Object.entries(texts).flatMap(([key, text]) =>
    text === undefined ? [] : [[key, Buffer.from(text).toString('base64')]],
  );
  const metadata = { name, namespace: 'weddings' };
  client.put({ apiVersion: 'v1', kind: 'Secret', metadata, data: Object.fromEntries(data) });
}

describe('ensureCertificates', () => {
  it('makes certificates for the bus alone without spec.redis.tls, and none for an engine that cannot', async () => {
    const client = new MemoryKubeClient();
    const state = await ensure(client, null);
    expect(state?.problem).toBeUndefined();
    expect(state?.inUse?.fingerprint).toBe(state?.wanted?.fingerprint);
    expect([...client.objects.keys()].sort()).toEqual([CA, TLS]);

    const cluster = presenceCluster({ redis: { engine: 'Redis' } });
    const other = new MemoryKubeClient();
    const options = { client: other, cluster, spec: cluster.spec, serversRun: false, now: NOON, signal };
    expect(await ensureCertificates(options)).toBeUndefined();
    expect(other.objects.size).toBe(0);
  });

  it('makes the first ones for servers that run without, and does not replace lost ones of servers that run with some', async () => {
    const running = { serversRun: true, certificatesRun: false };
    expect((await ensure(new MemoryKubeClient(), null, running))?.inUse).toBeDefined();
    const lost = await ensure(new MemoryKubeClient(), null, { ...running, certificatesRun: true });
    expect(lost?.problem?.reason).toBe('SecretMissing');
  });

  it('makes an authority and a certificate once, and keeps both while they are good', async () => {
    const client = new MemoryKubeClient();
    const first = await ensure(client);
    expect(first?.inUse?.fingerprint).toBe(first?.wanted?.fingerprint);
    const [ca, tls] = [client.of(CA), client.of(TLS)];
    expect([ca, tls].map((each) => each?.metadata.ownerReferences?.[0]?.name)).toEqual([
      'wedsync',
      'wedsync',
    ]);
    expect(Object.keys((tls as Secret).data ?? {}).sort()).toEqual([
      'ca.crt',
      'changed-at',
      'tls.crt',
      'tls.key',
    ]);
    const later = await ensure(client, OWN, {
      serversRun: true,
      now: new Date(NOON.getTime() + 59 * DAY_MS),
    });
    expect(later?.wanted?.fingerprint).toBe(first?.inUse?.fingerprint);
    expect([client.of(CA), client.of(TLS)]).toEqual([ca, tls]);
  });

  it('wants another certificate of the same authority after two thirds of its life', async () => {
    const client = new MemoryKubeClient();
    const first = await ensure(client);
    const later = await ensure(client, OWN, {
      serversRun: true,
      now: new Date(NOON.getTime() + 60 * DAY_MS),
    });
    expect(later?.inUse?.fingerprint).toBe(first?.inUse?.fingerprint);
    expect(later?.wanted?.fingerprint).not.toBe(first?.inUse?.fingerprint);
    expect(later?.wanted?.authorities).toEqual(first?.inUse?.authorities);
  });

  it('replaces an authority that is due or broken, and so wants a certificate of the new one', async () => {
    const client = new MemoryKubeClient();
    const first = await ensure(client);
    const old = await ensure(client, OWN, {
      serversRun: true,
      now: new Date(NOON.getTime() + 7 * 365 * DAY_MS),
    });
    expect(old?.wanted?.authorities).not.toEqual(first?.inUse?.authorities);
    const broken = new MemoryKubeClient();
    const before = await ensure(broken);
    broken.put({ ...(broken.of(CA) as Secret), data: { 'tls.crt': 'eA==', 'tls.key': 'eA==' } });
    expect((await ensure(broken))?.wanted?.authorities).not.toEqual(before?.inUse?.authorities);
  });

  it('keeps what is in use where a new authority is refused', async () => {
    const client = new MemoryKubeClient();
    const first = await ensure(client);
    client.refuse('patch', CA, 422);
    const now = new Date(NOON.getTime() + 7 * 365 * DAY_MS);
    const state = await ensure(client, OWN, { serversRun: true, now });
    expect(state?.inUse?.fingerprint).toBe(first?.inUse?.fingerprint);
    expect(state?.wanted).toBeUndefined();
    expect(state?.problem).toMatchObject({
      reason: 'SecretRefused',
      message: expect.stringMatching(/^Secret wedsync-redis-ca cannot be changed: .*changes\.$/),
    });
  });

  it('names the Secret of the user that it may not read', async () => {
    const client = new MemoryKubeClient();
    client.refuse('get', 'Secret/ours');
    const state = await ensure(client, GIVEN);
    expect(state).toEqual({
      problem: {
        reason: 'SecretRefused',
        message: expect.stringMatching(
          /^Secret ours cannot be read: .* No Redis pod starts until this is fixed\.$/,
        ),
      },
    });
  });

  it('names the webhook of cert-manager that is down', async () => {
    const client = new MemoryKubeClient();
    const message = 'failed calling webhook "webhook.cert-manager.io": connection refused';
    client.before('apply', 'Certificate/wedsync-redis-certificate', () => {
      throw new KubeError({ code: 500, reason: 'InternalError', message });
    });
    const { problem } = (await ensure(client, MANAGED)) ?? {};
    expect(problem).toMatchObject({ reason: 'NotIssued', message: expect.stringContaining(message) });
  });

  it('asks for nothing that it is about to make, and takes what there is after a restore', async () => {
    const client = new MemoryKubeClient();
    for (const key of [CA, TLS]) client.refuse('get', key);
    const first = await ensure(client);
    expect(first?.inUse?.fingerprint).toBe(first?.wanted?.fingerprint);
    const restored = new MemoryKubeClient();
    for (const object of client.objects.values()) restored.put(object);
    const second = await ensure(restored);
    expect(second?.inUse?.fingerprint).toBe(first?.inUse?.fingerprint);
    expect(second?.wanted?.fingerprint).toBe(first?.inUse?.fingerprint);
    expect(restored.of(TLS)).toEqual(client.of(TLS));
  });

  it('makes the mounted Secret anew of the authority, and nothing at all when servers run and both are gone', async () => {
    const client = new MemoryKubeClient();
    const first = await ensure(client);
    client.objects.delete(TLS);
    const second = await ensure(client, OWN, { serversRun: true });
    expect(second?.inUse?.authorities).toEqual(first?.inUse?.authorities);
    client.objects.clear();
    expect((await ensure(client, OWN, { serversRun: true }))?.problem?.reason).toBe('SecretMissing');
    expect(client.objects.size).toBe(0);
    expect((await ensure(client))?.problem).toBeUndefined();
  });

  it('copies a Secret that can be used, and keeps the copy while it cannot', async () => {
    const client = new MemoryKubeClient();
    expect(await ensure(client, GIVEN)).toMatchObject({ problem: { reason: 'SecretMissing' } });
    expect(client.of(TLS)).toBeUndefined();
    put(client);
    const good = await ensure(client, GIVEN);
    expect(good?.inUse?.fingerprint).toBe(good?.wanted?.fingerprint);
    const copy = client.of(TLS);
    const broken: [Record<string, string | undefined>, string, Date?][] = [
      [{ 'ca.crt': undefined }, 'KeyMissing'],
      [{ 'tls.key': '' }, 'KeyMissing'],
      [{ 'tls.key': authority.key }, 'Unusable'],
      [{ 'tls.crt': 'no certificate' }, 'Unusable'],
      [{ 'tls.crt': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }, 'Unusable'],
      [{}, 'Expired', NOON],
    ];
    for (const [change, reason, notAfter] of broken) {
      put(client, change, notAfter);
      const state = await ensure(client, GIVEN, { serversRun: true });
      expect(state?.problem?.reason).toBe(reason);
      expect(state?.wanted).toBeUndefined();
      expect(state?.inUse?.fingerprint).toBe(good?.inUse?.fingerprint);
    }
    expect(client.of(TLS)).toEqual(copy);
  });

  it('asks cert-manager, waits for its Secret, and says when it is not there', async () => {
    const client = new MemoryKubeClient();
    expect((await ensure(client, MANAGED))?.problem?.reason).toBe('NotIssued');
    expect(client.of('Certificate/wedsync-redis-certificate')?.spec).toMatchObject({
      secretName: 'wedsync-redis-certificate',
      issuerRef: { name: 'ours', kind: 'Issuer', group: 'cert-manager.io' },
      dnsNames: expect.arrayContaining(['wedsync-redis.weddings.svc']),
      usages: expect.arrayContaining(['server auth', 'client auth']),
    });
    client.refuse('apply', 'Certificate/wedsync-redis-certificate', 404);
    expect((await ensure(client, MANAGED))?.problem?.reason).toBe('CertManagerMissing');
    client.refuse('apply', 'Certificate/wedsync-redis-certificate', 403);
    expect((await ensure(client, MANAGED))?.problem?.reason).toBe('NotIssued');
  });

  describe('once the certificates come from elsewhere than cert-manager', () => {
    const CERTIFICATE = 'Certificate/wedsync-redis-certificate';

    async function managed(): Promise<MemoryKubeClient> {
      const client = new MemoryKubeClient();
      put(client);
      put(client, {}, life.notAfter, 'wedsync-redis-certificate');
      expect((await ensure(client, MANAGED))?.problem).toBeUndefined();
      return client;
    }

    const remove = async (client: MemoryKubeClient, tls: Parameters<typeof ensure>[1]) => {
      const state = await ensure(client, tls, {}, { observedGeneration: 1 });
      return removeObsoleteCertificate(client, state?.obsolete, signal);
    };

    it.each([
      ['the operator', OWN],
      ['a Secret', GIVEN],
    ])('removes its Certificate, and no Secret: they come from %s', async (_, tls) => {
      const client = await managed();
      expect(await remove(client, tls)).toBe(true);
      expect(client.of(CERTIFICATE)).toBeUndefined();
      for (const name of ['ours', 'wedsync-redis-certificate', 'wedsync-redis-tls']) {
        expect(client.of(`Secret/${name}`)).toBeDefined();
      }
      expect(await remove(client, tls)).toBe(false);
      expect(await remove(client, MANAGED)).toBe(false);
      expect(client.of(CERTIFICATE)).toBeDefined();
    });

    it('keeps it until what is in its place can be used, and while its Secret is the one that is named', async () => {
      const client = await managed();
      client.objects.delete('Secret/ours');
      expect(await remove(client, GIVEN)).toBe(false);
      expect(await remove(client, { source: 'Secret', secretName: 'wedsync-redis-certificate' })).toBe(false);
      expect(client.of(CERTIFICATE)).toBeDefined();
    });

    it.each([
      ['nobody', []],
      ['a PresenceCluster of the same name that is gone', [{ ...OWNER, uid: 'another' }]],
    ])('neither takes nor removes one that belongs to %s', async (_, ownerReferences) => {
      const client = new MemoryKubeClient();
      const metadata = { name: 'wedsync-redis-certificate', namespace: 'weddings', ownerReferences };
      const theirs = {
        apiVersion: 'cert-manager.io/v1',
        kind: 'Certificate',
        metadata,
        spec: { mine: true },
      };
      client.put(theirs);
      const problem = (await ensure(client, MANAGED))?.problem;
      expect(problem).toMatchObject({
        reason: 'NotIssued',
        message: expect.stringContaining('left unchanged'),
      });
      expect(await remove(client, OWN)).toBe(false);
      expect(client.of(CERTIFICATE)?.spec).toEqual({ mine: true });
    });

    it('is not held up where Certificates may not be read', async () => {
      const client = await managed();
      client.refuse('get', CERTIFICATE, 403);
      expect(await remove(client, OWN)).toBe(false);
    });
  });
});
