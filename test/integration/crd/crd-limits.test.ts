import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { API_VERSION } from '../../../src/api/schema/group.ts';
import {
  type KindDefinition,
  PRESENCE_CLUSTER,
  ROLLOUT_FREEZE,
  WEDDING,
} from '../../../src/api/v1alpha1/kinds.ts';
import { KubeError } from '../../../src/platform/kube/errors.ts';
import type { KubeObject } from '../../../src/platform/kube/resource.ts';
import { type InstalledKinds, startWithKinds } from '../installed-kinds.ts';
import { SAMPLED_KINDS } from '../samples/kinds.ts';
import { PRESENCE_CLUSTER_SAMPLES } from '../samples/presence-cluster.ts';
import { withValue } from '../samples/spec-paths.ts';
import { WEDDING_SAMPLES } from '../samples/wedding.ts';

const WRITE = { fieldManager: 'test' };
const DRY = { fieldManager: 'test', dryRun: true };
const NAMESPACE = 'default';

let kinds: InstalledKinds;

beforeAll(async () => {
  kinds = await startWithKinds();
});

afterAll(() => kinds?.stop());

function object(kind: KindDefinition, spec: unknown, name = 'it'): KubeObject {
  return { apiVersion: API_VERSION, kind: kind.kind, metadata: { name, namespace: NAMESPACE }, spec };
}

/** The message of a refusal because of the content. */
async function refusal(request: Promise<unknown>): Promise<string> {
  const error = await request.then(
    (answer) => new Error(`accepted: ${JSON.stringify(answer)}`),
    (cause: unknown) => cause,
  );
  if (!(error instanceof KubeError) || error.code !== 422) throw error;
  return error.message;
}

interface Limit {
  says: string;
  kind: KindDefinition;
  /** Below spec; the message must name it. */
  field: string;
  /** Path of the samples when it differs from the field that the message names. */
  at?: string;
  outside: readonly unknown[];
  inside: readonly unknown[];
}

const cluster = (says: string, field: string, outside: unknown[], inside: unknown[], at?: string): Limit => ({
  says,
  kind: PRESENCE_CLUSTER,
  field,
  outside,
  inside,
  ...(at === undefined ? {} : { at }),
});
const wedding = (says: string, field: string, outside: unknown[], inside: unknown[]): Limit => ({
  ...cluster(says, field, outside, inside),
  kind: WEDDING,
});

const peakFrom = 'scaling.peaks[0].from';
const peakTo = 'scaling.peaks[0].to';
const months = 'scaling.seasonMultipliers';

const LIMITS: readonly Limit[] = [
  cluster('1 to 2,000 connections a pod', 'presence.maxConnectionsPerPod', [0, 2001], [1, 2000]),
  cluster('1 to 200 connections per person', 'presence.maxConnectionsPerPerson', [0, 201], [1, 200]),
  cluster(
    'origins as browsers send them',
    'presence.allowedOrigins[0]',
    [
      ['*'],
      ['https://crew.example/'],
      ['https://Crew.example'],
      ['https://crew.example:443'],
      ['https://*.example'],
    ],
    [['https://crew.example'], ['http://localhost:5173']],
    'presence.allowedOrigins',
  ),
  cluster(
    'ranges of proxies that are believed, and none without a proxy',
    'presence.clientAddress',
    [{ source: 'Forwarded' }, { source: 'Connection', trustedProxies: ['10.0.0.0/8'] }],
    [{ source: 'Connection' }, { source: 'ProxyProtocol', trustedProxies: ['10.0.0.0/8', 'fd00::/8'] }],
  ),
  cluster(
    'keys over https unless a switch says otherwise',
    'presence.auth',
    [{ jwksUrl: 'http://a' }, { jwksUrl: 'http://a', allowHttpJwksUrl: false }],
    [{ jwksUrl: 'https://a' }, { jwksUrl: 'http://a', allowHttpJwksUrl: true }],
  ),
  cluster(
    'a life of tokens of a minute to a year',
    'presence.auth',
    [
      { secretName: 'a', maxTokenLifetime: '59s' },
      { secretName: 'a', maxTokenLifetime: '8761h' },
    ],
    [{ secretName: 'a', maxTokenLifetime: '24h' }],
  ),
  cluster('a cache TTL of 60 s and more', 'presence.cacheTtlSeconds', [0, 59], [60]),
  cluster('objectives below 100 %', 'slo.updates.objective', [100, 100.5, 99.9991, 89], [99.999, 99]),
  cluster('objectives of joins below 100 %', 'slo.joins.objective', [100, 101, 89], [99.999]),
  cluster('objectives over 7 to 90 days', 'slo.windowDays', [6, 91], [7, 90]),
  cluster(
    'delays that pods can tell apart',
    'slo.updates.withinMilliseconds',
    [99, 1999, 5001],
    [2000, 5000],
  ),
  cluster(
    'objectives of which a fast burn can be seen',
    'slo.windowDays',
    [
      { windowDays: 90, updates: { objective: 97.6 } },
      { windowDays: 28, joins: { objective: 92 } },
    ],
    [{ windowDays: 90, updates: { objective: 97.7 } }, {}],
    'slo',
  ),
  cluster('3 to 90 shards', 'redis.shards', [2, 91], [3, 90]),
  cluster('0 to 5 replicas a shard', 'redis.replicasPerShard', [-1, 6], [0, 5]),
  cluster('months 1 to 12', months, [{ 0: 1 }, { 13: 1 }, { '06': 1 }], [{ 1: 1, 12: 1 }]),
  cluster('season multipliers above 0', `${months}.6`, [0, -1], [0.001]),
  cluster(
    'peak multipliers above 0',
    'scaling.peaks[0].multiplier',
    [0, -2],
    [0.001],
    'scaling.peaks[].multiplier',
  ),
  cluster(
    'hours 0 to 23 of a peak start',
    peakFrom,
    ['24:00', '7:00'],
    ['00:00', '23:59'],
    'scaling.peaks[].from',
  ),
  cluster(
    'hours 0 to 24 of a peak end',
    peakTo,
    ['24:01', '25:00'],
    ['00:00', '24:00'],
    'scaling.peaks[].to',
  ),
  cluster('peaks on a day at least', 'scaling.peaks[0].days', [[]], [['Sunday']], 'scaling.peaks[].days'),
  cluster('1 to 1,000 baseline replicas', 'scaling.baselineReplicas', [0, 1001], [1, 1000]),
  cluster('1 to 1,000 replicas at least', 'scaling.minReplicas', [0, 1001], [1, 1000]),
  cluster('1 to 1,000 replicas at most', 'scaling.maxReplicas', [0, 1001], [1, 1000]),
  cluster('0 to 1,000 replicas by hand', 'presence.replicas', [-1, 1001], [0, 1000]),
  cluster(
    'min of at most max',
    'scaling.minReplicas',
    [{ minReplicas: 8, maxReplicas: 7 }],
    [{ minReplicas: 7, maxReplicas: 7 }],
    'scaling',
  ),
  cluster(
    'exactly one way of auth',
    'presence.auth',
    [{}, { secretName: 'a', jwksUrl: 'https://a' }],
    [{ secretName: 'a' }],
  ),
  cluster(
    'a size with a Claim',
    'redis.storage.size',
    [{ type: 'Claim' }],
    [{ type: 'Claim', size: '1Gi' }],
    'redis.storage',
  ),
  cluster('lengths of time', 'freeze.before', ['', '6', '6d', '169h'], ['6h', '90m', '1h30m', '168h']),
  cluster('days that differ', 'freeze.days', [['Saturday', 'Saturday']], [['Saturday', 'Sunday']]),
  wedding(
    'a crew of 1 to 50',
    'team',
    [{}, { venue: 0 }, { venue: 25, other: 26 }],
    [{ venue: 1 }, { venue: 25, other: 25 }],
  ),
  wedding('at most 50 in a role', 'team.venue', [51, -1], [0]),
  wedding('hours 0 to 23 of a ceremony', 'ceremony', ['24:00', '7:00'], ['00:00', '23:59']),
  wedding('days as YYYY-MM-DD', 'date', ['2027-13-01', '2027-6-5'], ['2027-12-31']),
  {
    says: 'windows that begin before they end',
    kind: ROLLOUT_FREEZE,
    field: 'windows[0]',
    at: 'windows[].from',
    outside: ['9999-12-31T23:59:59Z'],
    inside: ['2027-06-05T12:00:00Z'],
  },
];

const FULL = new Map(SAMPLED_KINDS.map(({ kind, samples }) => [kind, samples.full]));

describe('a limit', () => {
  it.each(LIMITS)('$kind.kind: $says', async ({ kind, field, at = field, outside, inside }) => {
    const spec = (value: unknown) => withValue(FULL.get(kind), at, value);
    for (const value of outside) {
      const message = await refusal(kinds.client.create(object(kind, spec(value)), DRY));
      // A list of type set names the item that is there twice: `spec.freeze.days[1]: `.
      expect(message.replace(/\[\d\]: Duplicate/, ': Duplicate')).toContain(`spec.${field}: `);
      expect(z.prettifyError(kind.spec.safeParse(spec(value)).error as z.ZodError)).toContain(
        `→ at ${field}`,
      );
    }
    for (const value of inside) await kinds.client.create(object(kind, spec(value)), DRY);
  });

  const named = (name: string) => object(PRESENCE_CLUSTER, PRESENCE_CLUSTER_SAMPLES.minimal, name);

  it('PresenceCluster: names of at most 40 characters, so that those of its children fit', async () => {
    await kinds.client.create(named('x'.repeat(40)), DRY);
    const message = await refusal(kinds.client.create(named('x'.repeat(41)), DRY));
    expect(message).toContain('metadata.name must be 40 characters or fewer');
  });

  it.each(['a.b', '1st'])(
    'PresenceCluster: names that a Service may begin with, which %s is not',
    async (name) => {
      const message = await refusal(kinds.client.create(named(name), DRY));
      expect(message).toContain('metadata.name must begin with a letter and have no dots');
      const service = { apiVersion: 'v1', kind: 'Service', spec: { ports: [{ port: 1 }] } };
      const ofService = (prefix: string) => ({
        ...service,
        metadata: { name: `${prefix}-redis`, namespace: NAMESPACE },
      });
      await refusal(kinds.client.create(ofService(name), DRY));
      await kinds.client.create(ofService('wedsync'), DRY);
      await kinds.client.create(named('wedsync'), DRY);
    },
  );
});

describe('an update', () => {
  const patched = (name: string, redis: unknown) =>
    kinds.client.patch(PRESENCE_CLUSTER, NAMESPACE, name, { spec: { redis } }, DRY);

  beforeAll(async () => {
    const { minimal, full } = PRESENCE_CLUSTER_SAMPLES;
    await kinds.client.create(object(PRESENCE_CLUSTER, full, 'full'), WRITE);
    await kinds.client.create(object(PRESENCE_CLUSTER, minimal, 'minimal'), WRITE);
  });

  it.each([
    { says: 'the whole of redis taken out', name: 'full', redis: null, field: 'engine' },
    { says: 'another engine', name: 'full', redis: { engine: 'Valkey' }, field: 'engine' },
    { says: 'another engine than the default', name: 'minimal', redis: { engine: 'Redis' }, field: 'engine' },
  ])('is refused with $says', async ({ name, redis, field }) => {
    const message = await refusal(patched(name, redis));
    expect(message).toContain('spec.redis');
    expect(message).toMatch(new RegExp(`${field} cannot be changed.*make a new PresenceCluster`));
  });

  it.each([
    { says: 'taken away', name: 'full', redis: { tls: null } },
    { says: 'added', name: 'minimal', redis: { tls: {} } },
  ])('is refused with TLS $says', async ({ name, redis }) => {
    expect(await refusal(patched(name, redis))).toMatch(
      /tls cannot be turned on or off.*make a new PresenceCluster/,
    );
  });

  it('is taken with certificates from elsewhere', async () => {
    const answer = await patched('full', { tls: { source: 'SelfSigned', issuerRef: null } });
    expect(answer.spec).toMatchObject({ redis: { tls: { source: 'SelfSigned' } } });
  });

  it.each([
    { says: 'other replicas', name: 'full', redis: { replicasPerShard: 5 } },
    { says: 'another image', name: 'full', redis: { image: 'example.com/redis:7.4' } },
    {
      says: 'the defaults spelled out',
      name: 'minimal',
      redis: { engine: 'Valkey', shards: 3, storage: {} },
    },
  ])('is taken with $says', async ({ name, redis }) => {
    const answer = await patched(name, redis);
    expect(answer.spec).toMatchObject({ redis });
  });
});

/** Every field of these is asked for or stays away. */
const WITHOUT_DEFAULTS = new Set(['PresenceOptimization']);

describe('defaults', () => {
  it.each(SAMPLED_KINDS)(
    'of a minimal $kind.kind are stored as zod fills them in',
    async ({ kind, samples }) => {
      const spec = samples.minimal;
      await kinds.client.create(object(kind, spec, 'defaults'), WRITE);
      const stored = await kinds.client.get(kind, NAMESPACE, 'defaults');
      expect(stored?.spec).toEqual(kind.spec.parse(spec));
      if (!WITHOUT_DEFAULTS.has(kind.kind)) expect(stored?.spec).not.toEqual(spec);
    },
  );

  it('are the documented ones', async () => {
    expect(PRESENCE_CLUSTER.spec.parse(PRESENCE_CLUSTER_SAMPLES.minimal)).toEqual({
      timeZone: 'Europe/London',
      redis: {
        engine: 'Valkey',
        shards: 3,
        replicasPerShard: 1,
        profile: 'Standard',
        storage: { type: 'EmptyDir' },
        disruptionBudget: { enabled: true },
        allowDataLoss: false,
        forceDeleteOnNodeLoss: false,
        update: { progressDeadlineSeconds: 300 },
      },
      presence: {
        maxConnectionsPerPod: 2000,
        maxConnectionsPerPerson: 10,
        cacheTtlSeconds: 300,
        drainSeconds: 20,
        allowedOrigins: [],
        disruptionBudget: { enabled: true },
        service: { type: 'ClusterIP' },
        update: { progressDeadlineSeconds: 300 },
      },
      scaling: {
        mode: 'Multipliers',
        baselineReplicas: 2,
        minReplicas: 1,
        maxReplicas: 60,
        seasonProfile: 'Northern',
        seasonRampDays: 0,
        peaks: [{ from: '18:00', to: '20:00', multiplier: 2 }],
        reserveConnections: 0,
      },
      freeze: {
        days: ['Saturday'],
        before: '6h',
        after: '4h',
        minActiveWeddings: 1,
        minPeopleAtRisk: 1,
        states: ['Confirmed'],
        windows: [],
        allowWindows: [],
        budget: { minOpen: '24h', period: '336h', behaviour: 'Warn' },
      },
      slo: {
        windowDays: 28,
        updates: { objective: 99.9, withinMilliseconds: 2000 },
        joins: { objective: 99.95 },
      },
      networkPolicy: { enabled: true },
    });
    expect(WEDDING.spec.parse(WEDDING_SAMPLES.minimal)).toMatchObject({ ends: '01:00', state: 'Confirmed' });
  });
});

describe('an update of the storage', () => {
  const STATUS = { ...WRITE, subresource: 'status' };
  const redis = { state: 'Steady', message: 'all is well', slotsCovered: 16384, shards: [] };
  const formed = { status: { redis: { ...redis, formedAt: '2027-06-01T10:00:00Z' } } };
  const patched = (name: string, storage: unknown) =>
    kinds.client.patch(PRESENCE_CLUSTER, NAMESPACE, name, { spec: { redis: { storage } } }, DRY);

  beforeAll(async () => {
    const { minimal, full } = PRESENCE_CLUSTER_SAMPLES;
    for (const [name, spec] of Object.entries({ claims: full, directories: minimal })) {
      await kinds.client.create(object(PRESENCE_CLUSTER, spec, name), WRITE);
      await kinds.client.create(object(PRESENCE_CLUSTER, spec, `${name}-formed`), WRITE);
      await kinds.client.patch(PRESENCE_CLUSTER, NAMESPACE, `${name}-formed`, formed, STATUS);
    }
  });

  it.each([
    ['a smaller size', 'claims', { size: '1Gi' }, 'size cannot shrink'],
    ['a size that is a byte smaller', 'claims', { size: '2147483647' }, 'size cannot shrink'],
    ['another class', 'claims', { storageClassName: 'slow' }, 'storageClassName cannot be changed'],
    ['no class', 'claims', { storageClassName: null }, 'storageClassName cannot be changed'],
    ['another type', 'directories', { type: 'Claim', size: '1Gi' }, 'type cannot be changed'],
  ])(
    'to %s is refused once the Redis Cluster is formed, and taken before',
    async (_, name, storage, says) => {
      const message = await refusal(patched(`${name}-formed`, storage));
      expect(message).toContain(`spec.redis.storage.${says} once the Redis Cluster is formed`);
      expect(message).toContain('make a new PresenceCluster and restore a backup into it');
      await patched(name, storage);
    },
  );

  it.each([
    ['a larger size', { size: '3Gi' }],
    ['the same size in other words', { size: '2048Mi' }],
    ['another retention', { retention: 'Retain' }],
    ['other labels', { metadata: { labels: { 'example.com/team': 'crew' } } }],
  ])('to %s is taken at any time', async (_, storage) => {
    await patched('claims', storage);
    await patched('claims-formed', storage);
  });
});
