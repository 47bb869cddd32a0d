import {
  annotationFields,
  ownLabelFields,
  PRESENCE_PODS,
  presencePodsFields,
  REDIS_PODS,
  redisPodsFields,
} from './pods.ts';
import { PARAMETER_FIELDS } from './redis-parameters.ts';
import { REDIS_TLS_FIELDS } from './redis-tls.ts';
import { REDIS_SERVICE, REDIS_SERVICE_FIELDS, SERVICE, SERVICE_FIELDS } from './service.ts';
import { SLO, SLO_COMBINATIONS, SLO_FIELDS } from './slo.ts';
import {
  endTime,
  factor,
  free,
  type KindSamples,
  LONG,
  length,
  limit,
  name,
  notDays,
  oneOf,
  RING,
  request,
  type Samples,
  storageSize,
  time,
  tooManyDays,
  WEEK,
  whole,
  zone,
} from './values.ts';

const containerResources = (path: string): Record<string, Samples> => ({
  [path]: {
    good: [
      ...[{}, { requests: {} }, { limits: {} }, { requests: { cpu: 8 }, limits: { memory: 1 } }],
      ...[
        ['1', 1],
        ['0.1', '100m'],
        ['1024Mi', '1Gi'],
        ['1e3', '1k'],
        ['0.0000000001', '1n'],
        ['1023Mi', '1Gi'],
      ].map(([memory, most]) => ({ requests: { memory }, limits: { memory: most } })),
    ],
    bad: [
      ['2', 1],
      ['101m', '0.1'],
      ['1025Mi', '1Gi'],
      ['1G', '953Mi'],
      ['1Gi', '1G'],
      ['2n', '0.0000000001'],
    ].map(([memory, most]) => ({ requests: { memory }, limits: { memory: most } })),
  },
  [`${path}.requests`]: { good: [{}], bad: [] },
  [`${path}.limits`]: { good: [{}], bad: [] },
  ...Object.fromEntries(
    ['cpu', 'memory', 'ephemeral-storage'].flatMap((amount) => [
      [`${path}.requests.${amount}`, request],
      [`${path}.limits.${amount}`, limit],
    ]),
  ),
});

/** A length of time as the schema of lengths takes it, longer than anything here may last. */
const HUGE = '99999h99999m99999s';

const same = (amount: string) => ({ cpu: amount, memory: amount, 'ephemeral-storage': amount });
const resources = { requests: same('1n'), limits: same('8Ei') };
/** Labels or annotations of the claims. */
const claimEntries = (path: string, value: Samples): Record<string, Samples> => ({
  [path]: {
    good: [{}, { 'example.com/team': 'a', b: 'c', 'a.b_c-D': '' }],
    bad: [
      ...[{ '': 'a' }, { 'a/b/c': 'a' }, { '-a': 'a' }, { 'a-': 'a' }, { ['x'.repeat(64)]: 'a' }],
      ...[{ 'presence.wedsync.io/cluster': 'a' }, { 'app.kubernetes.io/name': 'a' }, { 'a\n': 'a' }],
      Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`l${index}`, 'x'])),
    ],
  },
  [`${path}.6`]: value,
});

const specWindow = {
  name: 'year-end',
  from: '2027-12-20T08:00:00Z',
  until: '2028-01-03T08:00:00Z',
  timeZone: 'Europe/London',
  reason: 'nobody is there',
};
const LOCAL = { ...specWindow, from: '2027-12-20T08:00', until: '2028-01-03T08:00' };

const notBoundaries = [
  ...['', '2027-12-20', '2027-12-20T08', '2027-12-20T24:00', '2027-12-20T08:60', '2027-12-20 08:00'],
  ...['2027-13-20T08:00', '2027-12-32T08:00', '1999-12-20T08:00', '2100-12-20T08:00', '9999-12-31T00:00:00Z'],
  ...['2027-12-20T08:00Z', '2027-12-20T08:00:00', '2027-12-20T08:00:00.5Z', '2027-12-20T08:00:00+24:00'],
  ...['2027-12-20T08:00:00Z\n', '2027-11-31T08:00:00Z', LONG],
];

/** One list of windows of a freeze: `windows` or `allowWindows`. */
const windowFields = (path: string): Record<string, Samples> => ({
  [path]: {
    good: [[], [LOCAL], Array.from({ length: 32 }, (_, index) => ({ ...specWindow, name: `w${index}` }))],
    bad: [
      ...[[specWindow, specWindow], [LOCAL, specWindow], [null], [{}]],
      Array.from({ length: 33 }, (_, index) => ({ ...specWindow, name: `w${index}` })),
    ],
  },
  [`${path}[]`]: {
    good: [LOCAL, { ...LOCAL, from: '2027-02-30T00:00', until: '2027-02-31T00:00' }],
    bad: [
      { ...specWindow, from: LOCAL.from },
      { ...LOCAL, until: specWindow.until },
      ...[LOCAL, specWindow].flatMap((each) => [
        { ...each, until: each.from },
        { ...each, from: each.until, until: each.from },
      ]),
      { ...specWindow, reason: undefined },
      { ...specWindow, until: undefined },
      { ...specWindow, until: '2028-01-20T08:00:01Z' },
    ],
  },
  [`${path}[].name`]: {
    good: ['a', '0', 'a-b', 'x'.repeat(63)],
    bad: ['', 'A', 'a.b', '-a', 'a-', 'a b', 'ä', 'a\n', 'x'.repeat(64)],
  },
  [`${path}[].from`]: {
    good: ['2027-12-03T08:00:00Z', '2028-01-03T07:59:59Z', '2027-12-20T08:00:00+14:00'],
    bad: [...notBoundaries, LOCAL.from, specWindow.until, '2027-12-03T07:59:59Z'],
  },
  [`${path}[].until`]: {
    good: ['2027-12-20T08:00:01Z', '2028-01-20T08:00:00Z', '2028-01-03T08:00:00-11:00'],
    bad: [...notBoundaries, LOCAL.until, specWindow.from, '2028-01-20T08:00:01Z'],
  },
  [`${path}[].timeZone`]: zone,
  [`${path}[].reason`]: free(1, 128),
});

const peak = { from: '18:00', to: '20:00', multiplier: 2, days: ['Saturday'] };

const price: Samples = { good: [0, 0.0001, 5e-324, 1_000_000], bad: [-0.01, -1, 1_000_000.5, 1e300] };

const margin: Samples = {
  good: length.good.filter((text) => text !== HUGE).concat('168h', '10080m'),
  bad: [...length.bad, HUGE, '168h1s'],
};

/** Of the namespace and the pods; the samples of a record take one key. */
const networkPeer = {
  namespaceSelector: { matchLabels: { 6: 'test' } },
  podSelector: { matchLabels: { 6: 'test' } },
};

const selectorFields = (path: string): Record<string, Samples> => ({
  [path]: { good: [{}, { matchLabels: {} }], bad: [] },
  [`${path}.matchLabels`]: {
    good: [{}, { 'example.com/kind': 'test', stage: '' }],
    bad: [Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`l${index}`, 'x']))],
  },
  [`${path}.matchLabels.6`]: {
    good: ['', 'a', 'A.b_c-d', 'x'.repeat(63)],
    bad: ['-a', 'a-', 'a b', 'ä', 'a\n', 'x'.repeat(64)],
  },
});

const range = (cidr: unknown) => ({ cidr });

/** One list of peers of a NetworkPolicy. */
const peerFields = (path: string): Record<string, Samples> => ({
  [path]: {
    good: [[{ podSelector: {} }], Array.from({ length: 16 }, () => range('10.0.0.0/8'))],
    bad: [[], [null], [{}], Array.from({ length: 17 }, () => range('10.0.0.0/8'))],
  },
  [`${path}[]`]: {
    good: [
      ...[{ namespaceSelector: {} }, range('0.0.0.0/0'), range('255.255.255.255/32')],
      ...[range('fd00::/8'), range('::/0'), range('2001:db8::1/128')],
    ],
    bad: [
      ...[{ ...networkPeer, ...range('10.0.0.0/8') }, { cidr: null }],
      ...[
        '',
        '10.0.0.0',
        '10.0.0.0/33',
        '256.0.0.0/8',
        '010.0.0.0/8',
        '10.0.0/8',
        '::/129',
        'a/8',
        '10.0.0.0/8\n',
      ].map(range),
    ],
  },
  ...selectorFields(`${path}[].namespaceSelector`),
  ...selectorFields(`${path}[].podSelector`),
  // In the full object the peer has selectors already.
  [`${path}[].cidr`]: { good: [], bad: ['10.0.0.0/8', 'x'] },
});

export const PRESENCE_CLUSTER_SAMPLES: KindSamples = {
  minimal: { timeZone: 'Europe/London' },
  full: {
    timeZone: 'Europe/London',
    redis: {
      engine: 'Redis',
      image: 'example.com/redis:7.2',
      shards: 6,
      replicasPerShard: 2,
      profile: 'Fast',
      update: { progressDeadlineSeconds: 120 },
      storage: {
        type: 'Claim',
        size: '2Gi',
        storageClassName: 'fast',
        retention: 'Delete',
        metadata: { labels: { 6: 'test' }, annotations: { 6: 'test' } },
      },
      resources,
      parameters: { hz: 20, loglevel: 'warning' },
      pods: REDIS_PODS,
      service: REDIS_SERVICE,
      disruptionBudget: { enabled: false },
      tls: {
        source: 'CertManager',
        issuerRef: { name: 'ours', kind: 'ClusterIssuer', group: 'cert-manager.io' },
      },
    },
    presence: {
      image: 'example.com/presence:1',
      replicas: 4,
      maxConnectionsPerPod: 1000,
      maxConnectionsPerPerson: 5,
      cacheTtlSeconds: 120,
      drainSeconds: 30,
      update: { progressDeadlineSeconds: 600, minReadySeconds: 10, maxSurge: 2 },
      allowedOrigins: ['https://example.com'],
      clientAddress: { source: 'Forwarded', trustedProxies: ['10.0.0.0/8'], maxConnections: 40 },
      auth: {
        secretName: 'tokens',
        allowHttpJwksUrl: false,
        issuer: 'https://id.example',
        audiences: ['crew'],
        maxTokenLifetime: '12h',
      },
      service: SERVICE,
      resources,
      pods: PRESENCE_PODS,
      disruptionBudget: { enabled: false },
    },
    scaling: {
      mode: 'Off',
      baselineReplicas: 5,
      minReplicas: 1,
      maxReplicas: 1000,
      seasonProfile: 'Southern',
      seasonMultipliers: { 6: 3 },
      seasonRampDays: 7,
      peaks: [peak],
      reserveConnections: 50,
      minDuringWedding: 2,
      budgetReplicas: 40,
      cost: { currency: 'EUR', cpuHour: 0.04, memoryGibHour: 0.005 },
    },
    freeze: {
      days: ['Saturday'],
      before: '6h',
      after: '4h',
      minActiveWeddings: 2,
      minPeopleAtRisk: 10,
      states: ['Planned'],
      exclude: { weddings: ['rehearsal'], matchLabels: { 6: 'test' } },
      windows: [specWindow],
      allowWindows: [specWindow],
      budget: { minOpen: '12h', period: '168h', behaviour: 'Relax' },
    },
    slo: SLO,
    networkPolicy: {
      enabled: true,
      presenceClients: [networkPeer],
      monitoring: [networkPeer],
      redisClients: [networkPeer],
    },
    commonMetadata: { labels: { 6: 'test' }, annotations: { 6: 'test' } },
    paused: { until: '2027-12-20T08:00:00Z', scope: 'Rollouts', healing: false },
  },
  fields: {
    timeZone: zone,
    redis: { good: [{}, { shards: 4 }], bad: [] },
    'redis.engine': oneOf('Valkey', 'Redis'),
    'redis.image': free(1, 512),
    'redis.shards': whole(3, 90),
    'redis.replicasPerShard': whole(0, 5),
    'redis.profile': oneOf('Standard', 'Fast'),
    'redis.allowDataLoss': { good: [true, false], bad: [] },
    'redis.forceDeleteOnNodeLoss': { good: [true, false], bad: [] },
    'redis.storage': {
      good: [{}, { type: 'EmptyDir' }, { size: '1Gi' }, { type: 'Claim', size: '1Gi' }],
      bad: [{ type: 'Claim' }, { storageClassName: 'fast' }, { retention: 'Retain' }, { metadata: {} }],
    },
    'redis.storage.type': { good: ['Claim'], bad: ['claim', '', 'HostPath', 'EmptyDir'] },
    'redis.storage.size': storageSize,
    'redis.storage.storageClassName': name,
    'redis.storage.retention': oneOf('Retain', 'Delete'),
    'redis.storage.metadata': { good: [{}, { labels: { a: '' } }], bad: [] },
    ...claimEntries('redis.storage.metadata.labels', {
      good: ['', 'a', 'A.b_c-d', 'x'.repeat(63)],
      bad: ['-a', 'a b', 'ä', 'a\n', 'x'.repeat(64)],
    }),
    ...claimEntries('redis.storage.metadata.annotations', {
      good: ['', 'a b', 'ä', 'x'.repeat(1024)],
      bad: ['x'.repeat(1025)],
    }),
    ...REDIS_TLS_FIELDS,
    ...SLO_FIELDS,
    ...containerResources('redis.resources'),
    ...PARAMETER_FIELDS,
    ...redisPodsFields('redis.pods'),
    ...REDIS_SERVICE_FIELDS,
    'redis.disruptionBudget': { good: [{}], bad: [] },
    'redis.disruptionBudget.enabled': { good: [true, false], bad: [] },
    presence: { good: [{}, { replicas: 0 }], bad: [] },
    'presence.image': free(1, 512),
    'presence.replicas': whole(0, 1000),
    'presence.maxConnectionsPerPod': whole(1, 2000),
    'presence.maxConnectionsPerPerson': whole(1, 200),
    'presence.cacheTtlSeconds': whole(60, 86400),
    'presence.drainSeconds': whole(1, 600),
    ...Object.fromEntries(
      ['redis', 'presence'].flatMap((part) => [
        [`${part}.update`, { good: [{}], bad: [] }],
        [`${part}.update.progressDeadlineSeconds`, whole(30, 7200)],
      ]),
    ),
    'presence.update.minReadySeconds': whole(0, 599),
    'presence.update.maxSurge': {
      good: [1, 1000, '1%', '25%', '100%'],
      bad: [0, 1001, 1.5, '0%', '101%', '1', '', '%', true],
    },
    'presence.allowedOrigins': {
      good: [[], Array(64).fill('https://example.com')],
      bad: [Array(65).fill('https://example.com')],
    },
    'presence.allowedOrigins[]': {
      good: [
        'https://crew.example',
        'http://localhost:5173',
        'https://[::1]:8443',
        'capacitor://localhost',
        'https://example.com:444',
        'https://xn--bcher-kva.example',
      ],
      bad: [
        '',
        '*',
        'crew.example',
        'https://crew.example/',
        'https://crew.example/app',
        'https://Crew.example',
        'HTTPS://crew.example',
        'https://*.example',
        'https://crew.example:443',
        'http://crew.example:80',
        'https://crew.example\n',
        'https://',
        'null',
        `https://${'x'.repeat(246)}`,
      ],
    },
    'presence.clientAddress': {
      good: [
        { source: 'Connection' },
        { source: 'Connection', maxConnections: 40 },
        { source: 'XForwardedFor', trustedProxies: ['10.0.0.0/8'] },
      ],
      bad: [
        ...[{}, { source: 'Forwarded' }, { source: 'ProxyProtocol', maxConnections: 4 }],
        { source: 'Connection', trustedProxies: ['10.0.0.0/8'] },
        { source: 'Forwarded', trustedProxies: [] },
      ],
    },
    'presence.clientAddress.source': {
      good: ['XForwardedFor', 'Forwarded', 'ProxyProtocol'],
      bad: ['Connection', 'X-Forwarded-For', 'forwarded', ''],
    },
    'presence.clientAddress.trustedProxies': {
      good: [['10.0.0.0/8'], Array(64).fill('fd00::/8')],
      bad: [[], Array(65).fill('10.0.0.0/8'), [null]],
    },
    'presence.clientAddress.trustedProxies[]': {
      good: ['0.0.0.0/0', '203.0.113.7/32', '::/0', '2001:db8::/32', '1:2:3:4:5:6:7:8/128'],
      bad: [
        '10.0.0.0',
        '10.0.0.0/33',
        '256.0.0.0/8',
        '::/129',
        ':::/8',
        '1::2::3/8',
        'proxy',
        '',
        '10.0.0.0/8\n',
      ],
    },
    'presence.clientAddress.maxConnections': whole(1, 2000),
    'presence.auth': {
      good: [{ secretName: 'a' }, { jwksUrl: 'https://example.com/keys' }],
      bad: [{}, { secretName: 'a', jwksUrl: 'https://example.com/keys' }, { other: 1 }],
    },
    'presence.auth.secretName': name,
    // In the full object auth has a secretName already.
    'presence.auth.allowHttpJwksUrl': { good: [true, false], bad: ['true'] },
    'presence.auth.issuer': {
      good: ['us', 'https://id.example/realms/crew', 'x'.repeat(253)],
      bad: ['', 'a b', 'ä', 'a\n', 'x'.repeat(254)],
    },
    'presence.auth.audiences': {
      good: [[], ['crew'], Array.from({ length: 16 }, (_, index) => `client-${index}`)],
      bad: [Array.from({ length: 17 }, (_, index) => `client-${index}`), [null]],
    },
    'presence.auth.audiences[]': {
      good: ['crew', 'https://api.example/', 'x'.repeat(253)],
      bad: ['', 'a,b', 'a b', 'ä', 'a\n', 'x'.repeat(254)],
    },
    'presence.auth.maxTokenLifetime': {
      good: ['1m', '90m', '24h', '8760h'],
      bad: ['59s', '8760h1s', '', '1d', '24'],
    },
    'presence.auth.jwksUrl': { good: [], bad: ['https://example.com/keys', 'example.com', ''] },
    ...SERVICE_FIELDS,
    ...presencePodsFields('presence.pods'),
    'presence.disruptionBudget': { good: [{}], bad: [] },
    'presence.disruptionBudget.enabled': { good: [true, false], bad: [] },
    ...containerResources('presence.resources'),
    scaling: { good: [{}, { minReplicas: 60 }], bad: [{ minReplicas: 61 }] },
    'scaling.mode': oneOf('Off', 'Multipliers', 'ForecastOnly', 'ScaleOutOnly', 'Full'),
    'scaling.baselineReplicas': whole(1, 1000),
    'scaling.minReplicas': whole(1, 1000),
    'scaling.maxReplicas': whole(1, 1000),
    'scaling.seasonProfile': oneOf('Northern', 'Southern'),
    'scaling.seasonMultipliers': {
      good: [{}, Object.fromEntries(Array.from({ length: 12 }, (_, month) => [month + 1, 1.5]))],
      bad: [{ 0: 1 }, { 13: 1 }, { '06': 1 }, { '': 1 }, { ' 6': 1 }, { June: 1 }, { '-1': 1 }, { '6.0': 1 }],
    },
    'scaling.seasonMultipliers.6': factor,
    'scaling.seasonRampDays': whole(0, 28),
    'scaling.reserveConnections': whole(0, 2_000_000),
    'scaling.minDuringWedding': whole(1, 1000),
    'scaling.budgetReplicas': whole(1, 1000),
    'scaling.cost': { good: [{}, { cpuHour: 1 }], bad: [{ currency: 'euro' }] },
    'scaling.cost.currency': {
      good: ['USD', 'JPY'],
      bad: ['', 'usd', 'US', 'USDT', ' USD', 'USD\n', 'ÄÖÜ', LONG],
    },
    'scaling.cost.cpuHour': price,
    'scaling.cost.memoryGibHour': price,
    'scaling.peaks': {
      good: [[], Array(24).fill(peak), [peak, { from: '22:00', to: '02:00', multiplier: 0.5 }]],
      bad: [Array(25).fill(peak), [null], [{}]],
    },
    'scaling.peaks[]': { good: [{ from: '10:00', to: '10:00', multiplier: 1 }], bad: [] },
    'scaling.peaks[].from': time,
    'scaling.peaks[].to': endTime,
    'scaling.peaks[].multiplier': factor,
    'scaling.peaks[].days': { good: [['Monday'], WEEK], bad: [[], ...notDays, tooManyDays] },
    'scaling.peaks[].days[]': oneOf('Monday', 'Saturday', 'Sunday'),
    freeze: { good: [{}, { days: [] }], bad: [] },
    'freeze.days': { good: [[], WEEK, ['Sunday', 'Saturday']], bad: [...notDays, tooManyDays] },
    'freeze.days[]': oneOf('Monday', 'Saturday', 'Sunday'),
    'freeze.before': margin,
    'freeze.after': margin,
    'freeze.minActiveWeddings': whole(1, 10000),
    'freeze.minPeopleAtRisk': whole(1, 500_000),
    'freeze.states': {
      good: [['Planned'], ['Confirmed', 'Planned']],
      bad: [[], ['Planned', 'Planned'], ['Done'], [null]],
    },
    'freeze.states[]': oneOf('Planned', 'Confirmed'),
    'freeze.exclude': { good: [{}, { weddings: [] }], bad: [{ matchLabels: {} }] },
    'freeze.exclude.weddings': {
      good: [[], Array.from({ length: 100 }, (_, index) => `w${index}`)],
      bad: [['a', 'a'], Array.from({ length: 101 }, (_, index) => `w${index}`), [null]],
    },
    'freeze.exclude.weddings[]': name,
    'freeze.exclude.matchLabels': {
      good: [{ 'example.com/kind': 'test', stage: '' }],
      bad: [{}, Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`l${index}`, 'x']))],
    },
    'freeze.exclude.matchLabels.6': {
      good: ['', 'a', 'A.b_c-d', 'x'.repeat(63)],
      bad: ['-a', 'a-', 'a b', 'ä', 'a\n', 'x'.repeat(64)],
    },
    ...windowFields('freeze.windows'),
    ...windowFields('freeze.allowWindows'),
    'freeze.budget': {
      good: [{}, { minOpen: '0s' }, { minOpen: '23h59m', period: '24h' }],
      bad: [{ minOpen: '336h' }, { period: '24h' }],
    },
    'freeze.budget.minOpen': { good: ['0s', '90m', '167h59m59s'], bad: [...length.bad, '168h'] },
    'freeze.budget.period': { good: ['24h', '1440m', '2160h'], bad: [...length.bad, '23h59m', '2160h1s'] },
    'freeze.budget.behaviour': oneOf('Warn', 'Relax'),
    networkPolicy: { good: [{}, { enabled: false }], bad: [] },
    'networkPolicy.enabled': { good: [true, false], bad: [] },
    ...peerFields('networkPolicy.presenceClients'),
    ...peerFields('networkPolicy.monitoring'),
    ...peerFields('networkPolicy.redisClients'),
    commonMetadata: { good: [{}], bad: [] },
    ...ownLabelFields('commonMetadata.labels'),
    ...annotationFields('commonMetadata.annotations', [
      ...['deployment.kubernetes.io/revision', 'kubectl.kubernetes.io/last-applied-configuration'],
      'meta.helm.sh/release-name',
    ]),
    paused: {
      good: [true, false, {}, { scope: 'All' }, { until: '2027-12-20T08:00:00.5+01:00' }],
      bad: ['true', '', 0, 1, 0.5, -1, [], [true], { scope: 'None' }],
    },
    'paused.until': {
      good: ['2027-12-20T08:00:00Z', '1999-12-20T08:00:00Z'],
      bad: ['', '2027-12-20', '2027-12-20T08:00', '2027-12-20T24:00:00Z', LONG],
    },
    'paused.scope': oneOf('All', 'Rollouts', 'Scaling'),
    'paused.healing': { good: [true, false], bad: [] },
  },
  repeated: [
    ...['presence.pods', 'presence.resources', 'redis.pods.scheduling.affinity.podAntiAffinity'],
    'redis.pods.scheduling.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution',
    'redis.pods.scheduling.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution',
    ...['redis.pods.initContainers', 'redis.pods.containers[].livenessProbe', 'redis.pods.containers[].env'],
    ...['networkPolicy.monitoring', 'networkPolicy.redisClients'],
  ],
  combinations: [
    ...SLO_COMBINATIONS,
    {
      says: 'a probe of an init container that runs to its end',
      change: { 'redis.pods.initContainers': [{ name: 'a', image: 'x', livenessProbe: { exec: {} } }] },
      accepted: false,
    },
    {
      says: 'a parameter of the other engine',
      change: { 'redis.engine': 'Valkey', 'redis.parameters': { 'dynamic-hz': 'yes' } },
      accepted: false,
    },
    {
      says: 'ready for as long as a rollout may take',
      change: { 'presence.update': { progressDeadlineSeconds: 60, minReadySeconds: 60 } },
      accepted: false,
    },
    {
      says: 'ready for less',
      change: { 'presence.update': { progressDeadlineSeconds: 60, minReadySeconds: 59 } },
      accepted: true,
    },
    {
      says: 'a wait before the end that leaves no time to drain',
      change: {
        'presence.pods': {
          terminationGracePeriodSeconds: 44,
          lifecycle: { preStop: { sleep: { seconds: 5 } } },
        },
      },
      accepted: false,
    },
    { says: 'min = max', change: { 'scaling.minReplicas': 7, 'scaling.maxReplicas': 7 }, accepted: true },
    { says: 'min > max', change: { 'scaling.minReplicas': 8, 'scaling.maxReplicas': 7 }, accepted: false },
    { says: 'a null min is the default', change: { 'scaling.minReplicas': null }, accepted: true },
    {
      says: 'keys by URL',
      change: { 'presence.auth': { jwksUrl: `https://example.com/${'k'.repeat(2028)}` } },
      accepted: true,
    },
    {
      says: 'keys over http with the switch',
      change: { 'presence.auth': { jwksUrl: 'http://keys.example', allowHttpJwksUrl: true } },
      accepted: true,
    },
    {
      says: 'keys over http with the switch off',
      change: { 'presence.auth': { jwksUrl: 'http://keys.example', allowHttpJwksUrl: false } },
      accepted: false,
    },
    ...[
      'http://keys.example',
      ...['ftp://example.com', 'https://', 'https://exa mple.com', `https://example.com/${'k'.repeat(2029)}`],
      ...['https://example.com/\n', 'https://example.com/\u00a0', 'https://example.com/\u000b', RING],
    ].map((jwksUrl) => ({
      says: `keys by ${JSON.stringify(jwksUrl).slice(0, 40)}`,
      change: { 'presence.auth': { jwksUrl } },
      accepted: false,
    })),
    {
      says: 'EmptyDir with a storage class',
      change: { 'redis.storage': { type: 'EmptyDir', storageClassName: 'fast' } },
      accepted: false,
    },
    { says: 'Claim with a null size', change: { 'redis.storage.size': null }, accepted: false },
    { says: 'a null month', change: { 'scaling.seasonMultipliers': { 6: null } }, accepted: true },
    { says: 'nulls for whole parts', change: { redis: null, presence: null }, accepted: true },
  ],
};
