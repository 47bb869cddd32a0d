import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { presenceClusterSpec } from '../../src/api/v1alpha1/presence-cluster.ts';
import { childKey } from '../../src/operator/cluster-state/observed.ts';
import { contentHash } from '../../src/operator/objects/content-hash.ts';
import { build } from '../../src/operator/presence-cluster/plan/build.ts';
import { decide } from '../../src/operator/presence-cluster/plan/decide.ts';
import { repository } from '../cluster/paths.ts';
import { IMAGES, observed, presenceCluster } from '../support/presence-cluster-builder.ts';

/** Where the hashes are committed. */
export const GOLDEN_FILE = path.join(repository, 'test/golden/pod-templates.json');

/** A setting of each kind. */
const PODS = {
  scheduling: {
    nodeSelector: { disk: 'ssd' },
    tolerations: [{ key: 'dedicated', operator: 'Exists' }],
    topologySpreadConstraints: [
      { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', maxSkew: 1 },
    ],
    priorityClassName: 'weddings',
  },
  metadata: { labels: { team: 'crew' }, annotations: { note: 'x' } },
  env: [{ name: 'TZ', value: 'UTC' }],
  envFrom: [{ secretRef: { name: 'more' } }],
  securityContext: { runAsUser: 1000 },
  imagePullSecrets: [{ name: 'registry' }],
  imagePullPolicy: 'Always',
  terminationGracePeriodSeconds: 60,
  probes: { liveness: { periodSeconds: 20 } },
};

/** Specs that reach every branch which decides about a pod template. */
const SPECS: Record<string, () => object> = {
  defaults: () => ({}),
  sample: () =>
    parse(readFileSync(path.join(repository, 'manifests/samples/presence-cluster.yaml'), 'utf8')).spec,
  'engine Redis, profile Fast': () => ({ redis: { engine: 'Redis', profile: 'Fast' } }),
  'volumes and two replicas a shard': () => ({
    redis: { replicasPerShard: 2, storage: { type: 'Claim', size: '2Gi', storageClassName: 'fast' } },
  }),
  'TLS of our own': () => ({ redis: { tls: {} } }),
  'TLS of a Secret, engine Redis': () => ({
    redis: { engine: 'Redis', tls: { source: 'Secret', secretName: 'ours' } },
  }),
  'own images and resources': () => ({
    redis: { image: 'own/valkey:9', resources: { limits: { memory: '1Gi' } } },
    presence: { image: 'own/presence:2', resources: { requests: { cpu: '1' } } },
  }),
  'settings of the pods': () => ({ redis: { pods: PODS }, presence: { pods: PODS } }),
  'a key set by URL': () => ({ presence: { auth: { jwksUrl: 'https://example.org/keys' } } }),
  'origins, drain and connections': () => ({
    presence: { allowedOrigins: ['https://example.org'], drainSeconds: 45, maxConnectionsPerPod: 500 },
  }),
};

/** The hash of each pod template that the operator makes, by spec and workload; of shards the first stands for all. */
export function podTemplateHashes(): Record<string, Record<string, string>> {
  return Object.fromEntries(
    Object.entries(SPECS).map(([name, input]) => {
      const spec = presenceClusterSpec.parse({ timeZone: 'Europe/London', ...input() });
      const seen = observed({ cluster: { ...presenceCluster(), spec } });
      const { workloads } = build(seen, spec, decide(seen, spec), IMAGES);
      const hashes = workloads
        .map(({ manifest }) => [
          childKey(manifest),
          contentHash((manifest.spec as { template: unknown }).template),
        ])
        .filter(([key = '']) => !/-redis-[1-9]/.test(key));
      return [name, Object.fromEntries(hashes)];
    }),
  );
}
