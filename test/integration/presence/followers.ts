import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from '@kubernetes/client-node';
import { createKubeClient } from '../../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../../src/platform/kube/kubeconfig.ts';
import { createReflector, type ReflectorOptions } from '../../../src/platform/kube/reflector.ts';
import { builtin } from '../../../src/platform/kube/resource.ts';
import { createStore } from '../../../src/platform/kube/store.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { silentLogger } from '../../../src/platform/telemetry/log.ts';

/** Something that keeps a copy of the ConfigMaps of one suite, so that two of them can be put to the same test. */
export interface Follower {
  /** Resolves when the first list is there; may reject. */
  start(): Promise<void>;
  /** `name=value` of each ConfigMap in the copy, sorted. */
  held(): string[];
  /** What it complains of, latest last. */
  complaints(): string[];
  stop(): Promise<void>;
}

export interface FollowerOptions {
  kubeconfig: string;
  suite: string;
  /** Called with the name of each object that is added or changed. */
  onChange?: (name: string) => void;
  reflector?: Partial<ReflectorOptions>;
}

export type FollowerKind = (options: FollowerOptions) => Follower;

function describe(name: string | undefined, data: Record<string, string> | undefined): string {
  return `${name}=${data?.value ?? ''}`;
}

/** The informer of @kubernetes/client-node, used as its examples use it. */
export const stock: FollowerKind = ({ kubeconfig, suite, onChange }) => {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const api = config.makeApiClient(CoreV1Api);
  const labelSelector = `suite=${suite}`;
  const complaints: string[] = [];
  const informer = makeInformer<V1ConfigMap>(
    config,
    '/api/v1/namespaces/default/configmaps',
    () => api.listNamespacedConfigMap({ namespace: 'default', labelSelector }),
    labelSelector,
  );
  informer.on('error', (error: unknown) => void complaints.push(String(error)));
  informer.on('change', (object) => onChange?.(object.metadata?.name ?? ''));
  return {
    start: () => informer.start(),
    held: () =>
      informer
        .list()
        .map(({ metadata, data }) => describe(metadata?.name, data))
        .sort(),
    complaints: () => complaints,
    stop: () => informer.stop(),
  };
};

/** The reflector of this repository. */
export const ours: FollowerKind = ({ kubeconfig, suite, onChange, reflector: extra }) => {
  const client = createKubeClient({ config: loadKubeConfig({ path: kubeconfig }), clock: systemClock });
  const store = createStore();
  const complaints: string[] = [];
  const reflector = createReflector({
    client,
    type: builtin.ConfigMap,
    namespace: 'default',
    labelSelector: `suite=${suite}`,
    store,
    onChange: ({ type, object }) => {
      if (type !== 'deleted') onChange?.(object.metadata.name);
    },
    log: silentLogger(),
    clock: systemClock,
    ...extra,
  });
  return {
    start: () => {
      reflector.start();
      return reflector.synced();
    },
    held: () =>
      store
        .list()
        .map((object) => describe(object.metadata.name, object.data as Record<string, string>))
        .sort(),
    complaints: () => {
      if (reflector.lastError) complaints.push(`${reflector.lastError.kind}: ${reflector.lastError.message}`);
      return complaints;
    },
    stop: async () => {
      await reflector.stop();
      await client.close();
    },
  };
};
