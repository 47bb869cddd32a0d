import { build } from 'esbuild';
import { childName } from '../../src/domain/resources/child-names.ts';
import { restrictedContainer, restrictedPod } from '../../src/domain/resources/pod-security.ts';
import { passwordKey } from '../../src/domain/resources/redis-acl-secret.ts';
import { redisServerName, TLS_KEYS } from '../../src/domain/resources/redis-tls.ts';
import { isReady, type Pod } from '../../src/operator/cluster-state/pod.ts';
import type { KubeClient } from '../../src/platform/kube/client.ts';
import { builtin, type KubeObject } from '../../src/platform/kube/resource.ts';
import { imageNames } from '../cluster/versions.ts';
import { eventually } from '../support/eventually.ts';
import { TEST_MANAGER } from '../support/live-cluster.ts';
import type { LaneReport } from '../support/numbered-writer.ts';
import { kubectl } from './kubectl.ts';

const PORT = 8080;
const USER = 65532;
/** By which the NetworkPolicies of the tests let it in. */
export const WRITER_LABELS = { app: 'chaos-writer' };
/** Writes of a shard that must be answered after a fault before it counts as over. */
const WRITES_UNTIL_OVER = 10;

/** A pod that writes numbers to each shard of one PresenceCluster, on the control plane, which no test disturbs. */
export class WriterPod {
  readonly #namespace: string;
  readonly #name: string;

  private constructor(namespace: string, name: string) {
    this.#namespace = namespace;
    this.#name = name;
  }

  /** @param tls clients use it; the Secret with the authorities is there for the bus alone, too */
  static async start(
    client: KubeClient,
    namespace: string,
    cluster: string,
    tls: boolean,
  ): Promise<WriterPod> {
    const name = `${cluster}-writer`;
    await client.apply(await programMap(namespace, name), TEST_MANAGER);
    await client.apply(writerPod(namespace, name, cluster, tls), TEST_MANAGER);
    await eventually({ what: `pod ${name} is ready`, withinSeconds: 60 }, async () => {
      const pod = await client.get<KubeObject>(builtin.Pod, namespace, name);
      return pod !== undefined && isReady(pod as unknown as Pod);
    });
    return new WriterPod(namespace, name);
  }

  async begin(): Promise<void> {
    await this.#get('begin');
  }

  async report(): Promise<LaneReport[]> {
    return JSON.parse(await this.#get('report')) as LaneReport[];
  }

  /** Waits until every shard takes writes again, then reports. */
  async recovered(withinSeconds: number): Promise<LaneReport[]> {
    const before = await this.#progress();
    await eventually({ what: 'every shard takes writes', withinSeconds }, async () => {
      const now = await this.#progress();
      return now.every((count, index) => count > (before[index] ?? 0) + WRITES_UNTIL_OVER);
    });
    return this.report();
  }

  async #progress(): Promise<number[]> {
    return JSON.parse(await this.#get('progress')) as number[];
  }

  #get(what: string): Promise<string> {
    const pod = `/api/v1/namespaces/${this.#namespace}/pods/${this.#name}:${PORT}`;
    return kubectl('get', '--raw', `${pod}/proxy/${what}`);
  }
}

async function programMap(namespace: string, name: string): Promise<KubeObject> {
  const bundle = await build({
    entryPoints: [`${import.meta.dirname}/writer.ts`],
    bundle: true,
    write: false,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
  });
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: { 'writer.mjs': bundle.outputFiles[0]?.text ?? '' },
  } as KubeObject;
}

function writerPod(namespace: string, name: string, cluster: string, tls: boolean): KubeObject {
  const secret = { name: childName.redisAcl(cluster), key: passwordKey('presence') };
  const authorities = { name: childName.redisTls(cluster), key: TLS_KEYS.authorities };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: WRITER_LABELS },
    spec: {
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      securityContext: restrictedPod(USER),
      nodeSelector: { 'node-role.kubernetes.io/control-plane': '' },
      tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }],
      containers: [
        {
          name: 'writer',
          image: imageNames.operator,
          command: ['/usr/local/bin/node', '/program/writer.mjs'],
          env: [
            { name: 'REDIS_HOST', value: childName.redisClient(cluster) },
            { name: 'REDIS_USERNAME', value: 'presence' },
            { name: 'REDIS_PASSWORD', valueFrom: { secretKeyRef: secret } },
            ...(tls ? [{ name: 'REDIS_CA', valueFrom: { secretKeyRef: authorities } }] : []),
            { name: 'REDIS_SERVER_NAME', value: redisServerName({ metadata: { name: cluster, namespace } }) },
            { name: 'PORT', value: String(PORT) },
          ],
          ports: [{ containerPort: PORT }],
          readinessProbe: { httpGet: { path: '/progress', port: PORT }, periodSeconds: 1 },
          securityContext: restrictedContainer,
          volumeMounts: [{ name: 'program', mountPath: '/program', readOnly: true }],
        },
      ],
      volumes: [{ name: 'program', configMap: { name } }],
    },
  } as KubeObject;
}
