import {
  AFFINITY,
  affinityFields,
  anything,
  type Fields,
  LABELS,
  labelMap,
  listOf,
  SELECTOR,
  selectorFields,
} from './affinity.ts';
import { FURTHER, furtherFields } from './containers.ts';
import { distinct, envFields, envFromFields } from './env.ts';
import { free, labelKey, name, oneOf, type Samples, whole } from './values.ts';

const TOLERATION = { key: 'a', operator: 'Equal', value: 'b', effect: 'NoExecute', tolerationSeconds: 30 };
const CONSTRAINT = {
  topologyKey: 'example.com/zone',
  whenUnsatisfiable: 'DoNotSchedule',
  maxSkew: 1,
  minDomains: 2,
  labelSelector: SELECTOR,
  nodeAffinityPolicy: 'Honor',
  nodeTaintsPolicy: 'Ignore',
  matchLabelKeys: ['a'],
};
const VARIABLE = { name: 'TZ', valueFrom: { secretKeyRef: { name: 'a', key: 'b', optional: true } } };
const SOURCE = { prefix: 'A_', secretRef: { name: 'a', optional: true } };
const PROBE = { periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 200 };

const SHARED = {
  scheduling: {
    nodeSelector: LABELS,
    tolerations: [TOLERATION],
    affinity: AFFINITY,
    topologySpreadConstraints: [CONSTRAINT],
    priorityClassName: 'weddings',
    schedulerName: 'other',
  },
  metadata: { labels: LABELS, annotations: LABELS },
  runtimeClassName: 'sandbox',
  dnsPolicy: 'None',
  dnsConfig: {
    nameservers: ['192.0.2.53'],
    searches: ['svc.cluster.local'],
    options: [{ name: 'ndots', value: '2' }],
  },
  hostAliases: [{ ip: '192.0.2.7', hostnames: ['planner.example'] }],
  env: [VARIABLE],
  envFrom: [SOURCE],
  securityContext: {
    runAsUser: 1000,
    runAsGroup: 1000,
    fsGroup: 1000,
    fsGroupChangePolicy: 'OnRootMismatch',
    supplementalGroups: [1],
    seccompProfile: { type: 'Localhost', localhostProfile: 'a.json' },
    seLinuxOptions: { level: 's0:c1,c2' },
  },
  imagePullSecrets: [{ name: 'registry' }],
  imagePullPolicy: 'Always',
  serviceAccount: { annotations: LABELS },
  terminationGracePeriodSeconds: 60,
  ...FURTHER,
};

export const REDIS_PODS = { ...SHARED, probes: { startup: PROBE, liveness: PROBE } };
export const PRESENCE_PODS = {
  ...SHARED,
  // More than any drain takes.
  terminationGracePeriodSeconds: 3_600,
  probes: { startup: PROBE, liveness: PROBE, readiness: PROBE },
  lifecycle: { preStop: { sleep: { seconds: 5 } } },
};

const id: Samples = whole(0, 2 ** 31 - 2);
/** Labels that are ours, and of the controllers. */
export const ownLabelFields = (path: string): Fields => {
  const { [path]: table, ...rest } = labelMap(path);
  const taken = [
    ...['presence.wedsync.io/cluster', 'presence.wedsync.io/x', 'app.kubernetes.io/component'],
    ...['app.kubernetes.io/managed-by', 'pod-template-hash', 'statefulset.kubernetes.io/pod-name'],
  ];
  return {
    ...rest,
    [path]: {
      good: [...(table?.good ?? []), { 'app.kubernetes.io/version': '1' }],
      bad: [...(table?.bad ?? []), ...taken.map((key) => ({ [key]: 'x' }))],
    },
  };
};

export const annotationFields = (path: string, others: readonly string[] = []): Fields => {
  const { [path]: table } = labelMap(path);
  const taken = [
    ...['presence.wedsync.io/released-template', 'container.apparmor.security.beta.kubernetes.io/redis'],
    'seccomp.security.alpha.kubernetes.io/pod',
    ...others,
  ];
  return {
    [path]: {
      good: [...(table?.good ?? []), { 'sidecar.istio.io/inject': 'true' }],
      bad: [...(table?.bad ?? []), ...taken.map((key) => ({ [key]: 'unconfined' }))],
    },
    [`${path}.6`]: { good: ['', 'a\nb', 'x'.repeat(16_384)], bad: ['x'.repeat(16_385)] },
  };
};

const schedulingFields = (path: string): Fields => ({
  [path]: anything,
  ...labelMap(`${path}.nodeSelector`),
  [`${path}.tolerations`]: listOf(TOLERATION, 32),
  [`${path}.tolerations[]`]: {
    good: [
      ...[{ operator: 'Exists' }, { key: 'a', operator: 'Exists', value: '' }, { key: 'a', value: 'b' }],
      { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 0 },
    ],
    bad: [
      ...[{}, { value: 'b' }, { operator: 'Equal' }, { key: 'a', operator: 'Exists', value: 'b' }],
      ...[
        { key: 'a', tolerationSeconds: 3 },
        { key: 'a', effect: 'NoSchedule', tolerationSeconds: 3 },
      ],
    ],
  },
  [`${path}.tolerations[].key`]: labelKey,
  [`${path}.tolerations[].operator`]: { good: ['Equal'], bad: ['Exists', 'exists', ''] },
  [`${path}.tolerations[].value`]: free(0, 63),
  [`${path}.tolerations[].effect`]: { good: ['NoExecute'], bad: ['NoSchedule', 'noExecute', ''] },
  [`${path}.tolerations[].tolerationSeconds`]: whole(0, 31_536_000),
  ...affinityFields(`${path}.affinity`),
  [`${path}.topologySpreadConstraints`]: distinct(8, (index) => ({
    ...CONSTRAINT,
    topologyKey: `k${index}`,
  })),
  [`${path}.topologySpreadConstraints[]`]: {
    good: [
      ...[{ topologyKey: 'a', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 1 }],
      { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule', maxSkew: 1 },
    ],
    bad: [
      ...[{}, { topologyKey: 'a', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 1, minDomains: 2 }],
      { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 1 },
    ],
  },
  [`${path}.topologySpreadConstraints[].topologyKey`]: labelKey,
  [`${path}.topologySpreadConstraints[].whenUnsatisfiable`]: {
    good: ['DoNotSchedule'],
    bad: ['ScheduleAnyway', 'doNotSchedule', ''],
  },
  [`${path}.topologySpreadConstraints[].maxSkew`]: whole(1, 1_000),
  [`${path}.topologySpreadConstraints[].minDomains`]: whole(1, 1_000),
  ...selectorFields(`${path}.topologySpreadConstraints[].labelSelector`),
  [`${path}.topologySpreadConstraints[].nodeAffinityPolicy`]: oneOf('Honor', 'Ignore'),
  [`${path}.topologySpreadConstraints[].nodeTaintsPolicy`]: oneOf('Honor', 'Ignore'),
  [`${path}.topologySpreadConstraints[].matchLabelKeys`]: listOf('a', 8),
  [`${path}.topologySpreadConstraints[].matchLabelKeys[]`]: labelKey,
  [`${path}.priorityClassName`]: name,
  [`${path}.schedulerName`]: name,
});

const securityFields = (path: string): Fields => ({
  [path]: anything,
  [`${path}.runAsUser`]: whole(1, 2 ** 31 - 2),
  [`${path}.runAsGroup`]: id,
  [`${path}.fsGroup`]: id,
  [`${path}.fsGroupChangePolicy`]: oneOf('Always', 'OnRootMismatch'),
  [`${path}.supplementalGroups`]: listOf(1, 32),
  [`${path}.supplementalGroups[]`]: id,
  [`${path}.seccompProfile`]: {
    good: [{ type: 'RuntimeDefault' }],
    bad: [
      {},
      { type: 'Localhost' },
      { type: 'RuntimeDefault', localhostProfile: 'a' },
      { type: 'Unconfined' },
    ],
  },
  [`${path}.seccompProfile.type`]: { good: ['Localhost'], bad: ['RuntimeDefault', 'Unconfined', ''] },
  [`${path}.seccompProfile.localhostProfile`]: free(1, 253),
  [`${path}.seLinuxOptions`]: anything,
  [`${path}.seLinuxOptions.level`]: free(1, 128),
});

const probeFields = (path: string, [period, timeout, failures]: [number, number, number]): Fields => ({
  [path]: anything,
  [`${path}.periodSeconds`]: whole(period, 300),
  [`${path}.timeoutSeconds`]: whole(timeout, 60),
  [`${path}.failureThreshold`]: whole(failures, 1_000),
});

const address: Samples = {
  good: ['192.0.2.1', '2001:db8::1', '::1'],
  bad: ['', 'a.example', '1', '10.0.0.0/8', '192.0.2.1 ', 'x'.repeat(46)],
};

const nameFields = (path: string): Fields => ({
  [`${path}.runtimeClassName`]: name,
  [`${path}.dnsPolicy`]: {
    good: ['ClusterFirst', 'None'],
    bad: ['Default', 'ClusterFirstWithHostNet', '', 'none'],
  },
  [`${path}.dnsConfig`]: { good: [{ nameservers: ['::1'] }], bad: [{}, { nameservers: [] }] },
  [`${path}.dnsConfig.nameservers`]: {
    good: [['192.0.2.1', '192.0.2.2', '192.0.2.3']],
    bad: [[], [null], ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']],
  },
  [`${path}.dnsConfig.nameservers[]`]: address,
  [`${path}.dnsConfig.searches`]: listOf('a', 32),
  [`${path}.dnsConfig.searches[]`]: free(1, 253),
  [`${path}.dnsConfig.options`]: listOf({ name: 'edns0' }, 16),
  [`${path}.dnsConfig.options[]`]: { good: [{ name: 'edns0' }], bad: [{}, { value: '1' }] },
  [`${path}.dnsConfig.options[].name`]: free(1, 63),
  [`${path}.dnsConfig.options[].value`]: free(0, 63),
  [`${path}.hostAliases`]: distinct(32, (index) => ({ ip: `192.0.2.${index}`, hostnames: ['a'] })),
  [`${path}.hostAliases[]`]: {
    good: [{ ip: '::1', hostnames: ['a'] }],
    bad: [{}, { ip: '::1' }, { hostnames: ['a'] }],
  },
  [`${path}.hostAliases[].ip`]: address,
  [`${path}.hostAliases[].hostnames`]: listOf('a', 16, 1),
  [`${path}.hostAliases[].hostnames[]`]: {
    good: ['a', 'a.example', '0', 'svc.example', 'x'.repeat(253)],
    bad: ['', 'A', 'a_b', '-a', 'a.', 'a b', 'x-redis.y.svc', 'x-redis.y.svc.cluster.local', 'x'.repeat(254)],
  },
});

const sharedFields = (path: string, taken: string): Fields => ({
  [path]: anything,
  ...schedulingFields(`${path}.scheduling`),
  ...nameFields(path),
  [`${path}.metadata`]: anything,
  ...ownLabelFields(`${path}.metadata.labels`),
  ...annotationFields(`${path}.metadata.annotations`),
  ...envFields(`${path}.env`, taken),
  ...envFromFields(`${path}.envFrom`),
  ...securityFields(`${path}.securityContext`),
  [`${path}.imagePullSecrets`]: distinct(16, (index) => ({ name: `s${index}` })),
  [`${path}.imagePullSecrets[]`]: { good: [{ name: 'a' }], bad: [{}] },
  [`${path}.imagePullSecrets[].name`]: name,
  [`${path}.imagePullPolicy`]: oneOf('Always', 'IfNotPresent', 'Never'),
  [`${path}.serviceAccount`]: anything,
  ...annotationFields(`${path}.serviceAccount.annotations`),
  [`${path}.probes`]: anything,
});

export const redisPodsFields = (path: string): Fields => ({
  ...sharedFields(path, 'POD_IP'),
  ...furtherFields(path, 'redis', 'data'),
  [`${path}.terminationGracePeriodSeconds`]: whole(30, 3_600),
  ...probeFields(`${path}.probes.startup`, [1, 4, 120]),
  ...probeFields(`${path}.probes.liveness`, [10, 4, 3]),
});

/** In the full object clients are drained in 30 s, after a wait of 5 s. */
export const presencePodsFields = (path: string): Fields => ({
  ...sharedFields(path, 'PRESENCE_PORT'),
  ...furtherFields(path, 'presence', 'secrets'),
  [`${path}.terminationGracePeriodSeconds`]: whole(45, 3_600),
  [`${path}.lifecycle`]: anything,
  [`${path}.lifecycle.preStop`]: { good: [{ sleep: { seconds: 1 } }], bad: [{}, { exec: {} }] },
  [`${path}.lifecycle.preStop.sleep`]: { good: [{ seconds: 1 }], bad: [{}] },
  [`${path}.lifecycle.preStop.sleep.seconds`]: whole(1, 300),
  ...probeFields(`${path}.probes.startup`, [1, 1, 1]),
  ...probeFields(`${path}.probes.liveness`, [1, 1, 1]),
  ...probeFields(`${path}.probes.readiness`, [1, 1, 1]),
});
