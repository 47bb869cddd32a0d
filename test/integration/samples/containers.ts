import { anything, type Fields, listOf } from './affinity.ts';
import { envFields, envFromFields } from './env.ts';
import { flag, free, LONG, limit, name, oneOf, request, type Samples, whole } from './values.ts';

const ASKED = {
  httpGet: { path: '/x', port: 80, scheme: 'HTTPS' },
  initialDelaySeconds: 1,
  periodSeconds: 1,
  timeoutSeconds: 1,
  failureThreshold: 1,
};
const amounts = (amount: string) => ({ cpu: amount, memory: amount, 'ephemeral-storage': amount });
const COMMON = {
  image: 'example/x:1',
  imagePullPolicy: 'Always',
  command: ['a'],
  args: ['b'],
  workingDir: '/tmp',
  env: [{ name: 'TZ', valueFrom: { secretKeyRef: { name: 'a', key: 'b', optional: true } } }],
  envFrom: [{ prefix: 'A_', secretRef: { name: 'a', optional: true } }],
  resources: { requests: amounts('1n'), limits: amounts('8Ei') },
  volumeMounts: [{ name: 'more', mountPath: '/x', subPath: 'a', readOnly: true }],
  securityContext: { runAsUser: 1000, runAsGroup: 0, readOnlyRootFilesystem: false },
  lifecycle: { preStop: { httpGet: { path: '/x', port: 80, scheme: 'HTTPS' } } },
  startupProbe: ASKED,
  livenessProbe: ASKED,
};

export const FURTHER = {
  containers: [{ ...COMMON, name: 'sidecar', ports: [{ containerPort: 9121, name: 'metrics' }] }],
  initContainers: [{ ...COMMON, name: 'first', restartPolicy: 'Always' }],
  volumes: [{ name: 'more', configMap: { name: 'a', optional: true } }],
};

/** Of the sources that the volumes of the full object leave out. */
export const FURTHER_VOLUMES = [
  {
    name: 'together',
    projected: {
      sources: [
        { configMap: { name: 'a', items: [{ key: 'b', path: 'c' }], optional: true } },
        { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      ],
    },
  },
  {
    name: 'store',
    csi: { driver: 'secrets-store.csi.k8s.io', readOnly: true, volumeAttributes: { a: 'b' } },
  },
];

const dnsLabel = (max: number): Samples => ({
  good: ['a', '0', 'a-b', 'x'.repeat(max)],
  bad: ['', 'A', 'a.b', '-a', 'a-', 'a b', 'a\n', 'x'.repeat(max + 1), LONG],
});
const words = (path: string): Fields => ({ [path]: listOf('a', 64), [`${path}[]`]: free(0, 4_096) });
const some = (min: number, max: number): Samples => free(min, max);
/** Below what the full object does not have. */
const absent = (path: string, names: readonly string[]): Fields =>
  Object.fromEntries(names.map((below) => [`${path}.${below}`, { good: [], bad: [] }]));

const distinct = (max: number, item: (index: number) => unknown, taken: unknown): Samples => ({
  good: [[], [item(0)], Array.from({ length: max }, (_, index) => item(index))],
  bad: [[null], [item(0), item(0)], [taken], Array.from({ length: max + 1 }, (_, index) => item(index))],
});

const probeFields = (path: string): Fields => ({
  [path]: {
    good: [
      ...[{ exec: { command: ['a'] } }, { tcpSocket: { port: 'name' } }, { httpGet: { port: 65_535 } }],
      { exec: {} },
    ],
    bad: [
      ...[{}, { periodSeconds: 1 }, { exec: {}, tcpSocket: { port: 1 } }, { tcpSocket: {} }],
      ...[0, 65_536, 1.5, '', 'A', 'x'.repeat(16), true].map((port) => ({ tcpSocket: { port } })),
    ],
  },
  [`${path}.exec`]: { good: [], bad: [{}] },
  [`${path}.tcpSocket`]: { good: [], bad: [{ port: 1 }] },
  ...absent(path, ['exec.command', 'exec.command[]', 'tcpSocket.port']),
  [`${path}.httpGet`]: { good: [{ port: 'x' }], bad: [{}, { path: '/' }] },
  [`${path}.httpGet.path`]: some(0, 512),
  [`${path}.httpGet.port`]: {
    good: [1, 65_535, 'a', 'http-1'],
    bad: [0, 65_536, -1, 1.5, '', 'A', '-', true, {}],
  },
  [`${path}.httpGet.scheme`]: oneOf('HTTP', 'HTTPS'),
  [`${path}.initialDelaySeconds`]: whole(0, 3_600),
  [`${path}.periodSeconds`]: whole(1, 3_600),
  [`${path}.timeoutSeconds`]: whole(1, 3_600),
  [`${path}.failureThreshold`]: whole(1, 1_000),
});

const preStopFields = (path: string): Fields => ({
  [path]: {
    good: [{ exec: { command: ['a'] } }, { httpGet: { port: 'x' } }, { sleep: { seconds: 300 } }],
    bad: [
      ...[{}, { exec: {}, sleep: { seconds: 1 } }, { tcpSocket: { port: 1 } }, { sleep: {} }],
      ...[0, 301, 1.5, '1'].map((seconds) => ({ sleep: { seconds } })),
    ],
  },
  [`${path}.exec`]: { good: [], bad: [{}] },
  [`${path}.sleep`]: { good: [], bad: [{ seconds: 1 }] },
  ...absent(path, ['exec.command', 'exec.command[]', 'sleep.seconds']),
  [`${path}.httpGet`]: { good: [{ port: 'x' }], bad: [{}, { path: '/' }] },
  [`${path}.httpGet.path`]: some(0, 512),
  [`${path}.httpGet.port`]: { good: [1, 'a'], bad: [0, 65_536, 'A', true] },
  [`${path}.httpGet.scheme`]: oneOf('HTTP', 'HTTPS'),
});

const volumeSourceFields = (path: string): Fields => ({
  [`${path}.projected`]: { good: [], bad: [{ sources: [] }] },
  [`${path}.csi`]: { good: [], bad: [{ driver: 'a' }] },
  ...absent(`${path}.csi`, [
    ...['driver', 'readOnly', 'fsType', 'volumeAttributes', 'volumeAttributes.6'],
    ...['nodePublishSecretRef', 'nodePublishSecretRef.name'],
  ]),
  ...absent(`${path}.projected`, [
    ...['sources', 'sources[]'],
    ...['configMap', 'secret'].flatMap((kind) =>
      ['', '.name', '.optional', '.items', '.items[]', '.items[].key', '.items[].path'].map(
        (below) => `sources[].${kind}${below}`,
      ),
    ),
    ...['', '.items', '.items[]', '.items[].path', '.items[].fieldRef', '.items[].fieldRef.fieldPath'].map(
      (below) => `sources[].downwardAPI${below}`,
    ),
  ]),
});

const file = (path: unknown) => ({
  name: 'a',
  projected: { sources: [{ secret: { name: 'b', items: [{ key: 'c', path }] } }] },
});
const told = (fieldPath: string) => ({
  name: 'a',
  projected: { sources: [{ downwardAPI: { items: [{ path: 'f', fieldRef: { fieldPath } }] } }] },
});
const csi = (fields: object) => ({ name: 'a', csi: { driver: 'secrets-store.csi.k8s.io', ...fields } });

const commonFields = (path: string): Fields => ({
  [`${path}.name`]: dnsLabel(63),
  [`${path}.image`]: some(1, 512),
  [`${path}.imagePullPolicy`]: oneOf('Always', 'IfNotPresent', 'Never'),
  ...words(`${path}.command`),
  ...words(`${path}.args`),
  [`${path}.workingDir`]: some(0, 512),
  ...envFields(`${path}.env`),
  ...envFromFields(`${path}.envFrom`),
  [`${path}.resources`]: { good: [{}], bad: [{ requests: { cpu: 2 }, limits: { cpu: '1999m' } }] },
  [`${path}.resources.requests`]: anything,
  [`${path}.resources.limits`]: anything,
  ...Object.fromEntries(
    Object.keys(amounts('')).flatMap((amount) => [
      [`${path}.resources.requests.${amount}`, request],
      [`${path}.resources.limits.${amount}`, limit],
    ]),
  ),
  [`${path}.volumeMounts`]: distinct(16, (index) => ({ name: 'a', mountPath: `/${index}` }), { name: 'a' }),
  [`${path}.volumeMounts[]`]: { good: [{ name: 'a', mountPath: '/x' }], bad: [{}, { mountPath: '/x' }] },
  [`${path}.volumeMounts[].name`]: dnsLabel(63),
  [`${path}.volumeMounts[].mountPath`]: some(1, 512),
  [`${path}.volumeMounts[].subPath`]: some(0, 512),
  [`${path}.volumeMounts[].readOnly`]: flag,
  [`${path}.securityContext`]: anything,
  [`${path}.securityContext.runAsUser`]: whole(1, 2 ** 31 - 2),
  [`${path}.securityContext.runAsGroup`]: whole(0, 2 ** 31 - 2),
  [`${path}.securityContext.readOnlyRootFilesystem`]: flag,
  [`${path}.lifecycle`]: anything,
  ...preStopFields(`${path}.lifecycle.preStop`),
  ...probeFields(`${path}.startupProbe`),
  ...probeFields(`${path}.livenessProbe`),
});

/** `containers`, `initContainers` and `volumes` below `path`. */
export const furtherFields = (path: string, own: string, ownVolume: string): Fields => {
  const minimal = (index: number) => ({ name: `c${index}`, image: 'x' });
  const item: Samples = { good: [minimal(0)], bad: [{}, { name: 'a' }, { image: 'x' }] };
  return {
    [`${path}.containers`]: distinct(8, minimal, { name: own, image: 'x' }),
    [`${path}.containers[]`]: item,
    ...commonFields(`${path}.containers[]`),
    [`${path}.containers[].ports`]: listOf({ containerPort: 1 }, 16),
    [`${path}.containers[].ports[]`]: { good: [{ containerPort: 1 }], bad: [{}, { name: 'a' }] },
    [`${path}.containers[].ports[].containerPort`]: whole(1, 65_535),
    [`${path}.containers[].ports[].name`]: dnsLabel(15),
    [`${path}.initContainers`]: distinct(8, minimal, { name: own, image: 'x' }),
    [`${path}.initContainers[]`]: item,
    ...commonFields(`${path}.initContainers[]`),
    [`${path}.initContainers[].restartPolicy`]: oneOf('Always'),
    [`${path}.volumes`]: distinct(16, (index) => ({ name: `v${index}`, emptyDir: {} }), {
      name: ownVolume,
      emptyDir: {},
    }),
    [`${path}.volumes[]`]: {
      good: [
        ...[
          { name: 'a', emptyDir: { sizeLimit: 1 } },
          { name: 'a', emptyDir: { sizeLimit: '1Gi' } },
        ],
        { name: 'a', secret: { secretName: 'b', optional: false } },
        ...['f', 'a/b', '..a', '...', '.', '.a/..b', 'x'.repeat(512)].map(file),
        ...['metadata.labels', "metadata.labels['a']", 'metadata.uid'].map(told),
        ...[{}, { readOnly: true, fsType: 'ext4', volumeAttributes: { secretProviderClass: 'x' } }].map(csi),
        ...[csi({ nodePublishSecretRef: { name: 'a' } })],
        { name: 'a', projected: { sources: [] } },
      ],
      bad: [
        ...[{}, { name: 'a' }, { name: 'a', emptyDir: {}, secret: { secretName: 'b' } }],
        ...[
          { name: 'a', secret: {} },
          { name: 'a', emptyDir: { sizeLimit: 'x' } },
          { name: 'A', emptyDir: {} },
        ],
        { name: 'a', hostPath: { path: '/' } },
        ...['', '/f', '..', '../a', 'a/..', 'a/../b', 'a//b', 'a/', 'x'.repeat(513), 1].map(file),
        ...[
          'spec.nodeName',
          'metadata.label',
          '',
          'status.podIP',
          "metadata.labels['']",
          'xmetadata.uid',
        ].map(told),
        ...[{ driver: '' }, { driver: 'a b' }, { driver: 'x'.repeat(64) }, { fsType: '' }].map(csi),
        ...[{ nodePublishSecretRef: {} }, { volumeAttributes: { a: 1 } }].map(csi),
        csi({ volumeAttributes: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`a${at}`, 'x'])) }),
        { name: 'a', csi: {} },
        ...[
          {},
          { configMap: { name: 'a' }, secret: { name: 'a' } },
          { serviceAccountToken: { path: 't' } },
        ].map((source) => ({ name: 'a', projected: { sources: [source] } })),
        { name: 'a', projected: {} },
      ],
    },
    [`${path}.volumes[].name`]: dnsLabel(63),
    [`${path}.volumes[].configMap`]: { good: [{ name: 'a' }], bad: [{}] },
    [`${path}.volumes[].configMap.name`]: name,
    [`${path}.volumes[].configMap.optional`]: flag,
    [`${path}.volumes[].secret`]: { good: [], bad: [{ secretName: 'a' }] },
    [`${path}.volumes[].emptyDir`]: { good: [], bad: [{}] },
    ...volumeSourceFields(`${path}.volumes[]`),
    ...absent(`${path}.volumes[]`, ['secret.secretName', 'secret.optional', 'emptyDir.sizeLimit']),
  };
};
