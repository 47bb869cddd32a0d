import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisDnsNames } from '../../../src/domain/resources/redis-tls.ts';
import { CERTIFICATE_TYPE } from '../../../src/operator/objects/kinds.ts';
import { builtin, type KubeObject } from '../../../src/platform/kube/resource.ts';
import { type IssuedCertificate, issueCertificate } from '../../../src/platform/tls/issue-certificate.ts';
import { servedCertificate } from '../../../src/platform/tls/served-certificate.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { OperatorWorld, PERSON, type RunningOperator } from './operator-world.ts';
import { PODS, RedisPods, textsOf } from './redis-pods.ts';

const OWN = 'own';
const GIVEN = 'given';
const MANAGED = 'managed';
const REDIS_PORT = 6379;
const DAY_MS = 24 * 3_600_000;

let world: OperatorWorld;
let operator: RunningOperator;
let pods: RedisPods;

beforeAll(async () => {
  const tools = await ensureTools();
  world = await OperatorWorld.start();
  pods = await RedisPods.in(world, tools.valkeyServer, OWN, '127.43');
  operator = world.startOperator();
  for (const namespace of [OWN, GIVEN, MANAGED]) await world.makeNamespace(namespace);
}, 600_000);

afterAll(async () => {
  await operator?.stop();
  await pods?.close();
  await world?.close();
});

const secretOf = (namespace: string, name: string) => world.client.get(builtin.Secret, namespace, name);

const life = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
const authority = issueCertificate({ kind: 'Authority', commonName: 'ours', ...life });

function leafFor(namespace: string): IssuedCertificate {
  const dnsNames = redisDnsNames({ metadata: { name: 'wedsync', namespace } });
  return issueCertificate({ kind: 'Peer', commonName: 'redis', dnsNames, authority, ...life });
}

function putSecret(namespace: string, name: string, leaf: IssuedCertificate): Promise<KubeObject> {
  const stringData = { 'tls.crt': leaf.certificate, 'tls.key': leaf.key, 'ca.crt': authority.certificate };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData };
  return world.client.apply({ ...secret, type: 'kubernetes.io/tls' } as KubeObject, PERSON);
}

const untilCondition = (namespace: string, wanted: string) =>
  world.untilCondition(namespace, 'CertificatesCurrent', wanted);

describe('a PresenceCluster with certificates of its own', () => {
  it('gets its Secrets, and pods that speak TLS only', async () => {
    await world.makeCluster(OWN, { redis: { tls: {} } });
    await world.until('the Secrets are there', async () => secretOf(OWN, 'wedsync-redis-tls'));
    const set = await world.until('the StatefulSet is there', () =>
      world.client.get(builtin.StatefulSet, OWN, 'wedsync-redis-0'),
    );
    const text = JSON.stringify(set.spec);
    expect(text).toContain('"secretName":"wedsync-redis-tls"');
    expect(text).toContain('"--tls","--cacert","/etc/redis/tls/ca.crt"');
    const { items } = await world.client.list(builtin.ConfigMap, { namespace: OWN });
    const fixed = items.find(({ metadata }) => metadata.name.startsWith('wedsync-redis-config-'));
    const { 'redis.conf': config = '' } = (fixed?.data ?? {}) as Record<string, string>;
    const lines = config.split('\n');
    expect(lines).toEqual(expect.arrayContaining(['port 0', 'tls-port 6379', 'tls-cluster yes']));
    const presence = await world.until('the Deployment is there', () =>
      world.client.get(builtin.Deployment, OWN, 'wedsync-presence'),
    );
    expect(JSON.stringify(presence.spec)).toContain(
      '"PRESENCE_REDIS_SERVER_NAME","value":"wedsync-redis.own.svc"',
    );
    expect(Object.keys(textsOf(await secretOf(OWN, 'wedsync-redis-ca'))).sort()).toEqual([
      'tls.crt',
      'tls.key',
    ]);
  });

  it('is formed over TLS by the operator, and says until when the certificate is valid', async () => {
    await pods.mountSecrets();
    for (const { shard, ordinal } of PODS) await pods.run(shard, ordinal);
    await world.until('it is steady', async () => {
      return (await world.cluster(OWN)).status?.redis?.state === 'Steady';
    });
    await untilCondition(OWN, 'True Current');
    await world.untilStatus('every server serves it', OWN, ({ redis }) => {
      expect(redis?.certificate).toMatchObject({ servedBy: PODS.length });
    });
  });

  it('has its certificate replaced on every server when somebody damages the Secret', async () => {
    const before = textsOf(await secretOf(OWN, 'wedsync-redis-tls'))['tls.crt'];
    const data = { 'tls.crt': Buffer.from('nothing').toString('base64') };
    await world.client.patch(builtin.Secret, OWN, 'wedsync-redis-tls', { data }, PERSON);
    // What was read of a Secret is good for minutes; a change of the PresenceCluster makes the operator look at once.
    await world.makeCluster(OWN, { redis: { tls: {}, profile: 'Fast' } });
    await world.until('there is another', async () => {
      const now = textsOf(await secretOf(OWN, 'wedsync-redis-tls'))['tls.crt'];
      return now?.includes('BEGIN CERTIFICATE') && now !== before;
    });
    await untilCondition(OWN, 'False Replacing');
    await pods.mountSecrets();
    await untilCondition(OWN, 'True Current');
    const served = await Promise.all(
      PODS.map(({ shard, ordinal }) =>
        servedCertificate({ host: pods.hostOf(shard, ordinal), port: REDIS_PORT, timeoutMs: 10_000 }),
      ),
    );
    const expected = textsOf(await secretOf(OWN, 'wedsync-redis-tls'))['tls.crt'];
    expect(new Set(served.map(String))).toEqual(new Set([expected]));
    expect(await world.failedRedisSteps(OWN)).toEqual([]);
    await world.until('it is told', async () =>
      (await world.events(OWN)).some((event) => event.includes('CertificatesReplaced')),
    );
  });
});

describe('a PresenceCluster with the certificates of somebody else', () => {
  it('waits for the Secret that it names, and copies what can be used only', async () => {
    await world.makeCluster(GIVEN, { redis: { tls: { source: 'Secret', secretName: 'ours' } } });
    await untilCondition(GIVEN, 'False SecretMissing');
    expect(await secretOf(GIVEN, 'wedsync-redis-tls')).toBeUndefined();
    const [leaf, other] = [leafFor(GIVEN), leafFor('elsewhere')];
    await putSecret(GIVEN, 'ours', { ...leaf, key: other.key });
    await untilCondition(GIVEN, 'False Unusable');
    await putSecret(GIVEN, 'ours', other);
    await world.letPass(operator, GIVEN, 1);
    await untilCondition(GIVEN, 'False Unusable');
    await putSecret(GIVEN, 'ours', leaf);
    await untilCondition(GIVEN, 'True Current');
    expect(textsOf(await secretOf(GIVEN, 'wedsync-redis-tls'))['tls.crt']).toBe(leaf.certificate);
  });

  it('asks cert-manager as soon as it is installed', async () => {
    const tls = { source: 'CertManager', issuerRef: { name: 'ours', kind: 'ClusterIssuer' } };
    await world.makeCluster(MANAGED, { redis: { tls } });
    await untilCondition(MANAGED, 'False CertManagerMissing');
    await installCertificates();
    await untilCondition(MANAGED, 'False NotIssued');
    await putSecret(MANAGED, 'wedsync-redis-certificate', leafFor(MANAGED));
    await untilCondition(MANAGED, 'True Current');
  });

  it('removes the Certificate when they come from elsewhere, as soon as that can be used, and no Secret', async () => {
    const name = 'wedsync-redis-certificate';
    const found = () => world.client.get(CERTIFICATE_TYPE, MANAGED, name);
    await world.makeCluster(MANAGED, { redis: { tls: { source: 'Secret', secretName: 'ours' } } });
    await untilCondition(MANAGED, 'False SecretMissing');
    expect(await found()).toBeDefined();
    await putSecret(MANAGED, 'ours', leafFor(MANAGED));
    const tls = { source: 'Secret', secretName: 'ours' };
    await world.makeCluster(MANAGED, { redis: { tls, profile: 'Fast' } });
    await world.until('the Certificate is gone', async () => (await found()) === undefined);
    expect(await secretOf(MANAGED, name)).toBeDefined();
    expect(await secretOf(MANAGED, 'ours')).toBeDefined();
  });
});

/** As much of cert-manager as the API server needs to know. */
async function installCertificates(): Promise<void> {
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  await world.client.apply(
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'certificates.cert-manager.io' },
      spec: {
        group: 'cert-manager.io',
        scope: 'Namespaced',
        names: { kind: 'Certificate', plural: 'certificates', singular: 'certificate' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    },
    PERSON,
  );
}
