import { API_VERSION } from '../../../src/api/schema/group.ts';
import {
  type Actor,
  ADMIN,
  type Call,
  JSON_PATCH,
  MERGE_PATCH,
  type PolicyServer,
  until,
} from './policy-server.ts';
import { ACTORS } from './wedding-world.ts';

export const SHOP = 'shop';
/** A stand-in for the kind of a foreign operator. */
const DATABASES = { group: 'db.example.org', resource: 'databases' };
const DATABASE_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${DATABASES.resource}.${DATABASES.group}` },
  spec: {
    group: DATABASES.group,
    scope: 'Namespaced',
    names: { kind: 'Database', plural: DATABASES.resource, singular: 'database' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
        },
      },
    ],
  },
};
export const CHART_VALUES = { changeFreezes: { customResources: [DATABASES] } };
export const OPERATOR_ENV = { CHANGE_FREEZE_RESOURCES: `${DATABASES.resource}.${DATABASES.group}` };
const controller = (name: string): Actor => ({
  ...ACTORS.replicaSetController,
  user: `system:serviceaccount:kube-system:${name}`,
});
const AUTOSCALER = controller('horizontal-pod-autoscaler');
const DEPLOYMENT_CONTROLLER = controller('deployment-controller');

export const MORE_OBJECTS = [
  // Applied with nothing but its name, it would have no managedFields, and no write to it would be stamped.
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SHOP, labels: { tenant: 'shop' } } },
  DATABASE_CRD,
  // They update, and these tests patch: a refusal is to be one of the policies.
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'controllers-patch' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [AUTOSCALER, DEPLOYMENT_CONTROLLER].map(({ user }) => ({
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'User',
      name: user,
    })),
  },
];

export const NAMESPACE_OF_SHOP = `/api/v1/namespaces/${SHOP}`;
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${SHOP}/deployments`;
const deployment = (name: string) => `${DEPLOYMENTS}/${name}`;
const database = (name: string) =>
  `/apis/${DATABASES.group}/v1/namespaces/${SHOP}/${DATABASES.resource}/${name}`;
export const changeFreeze = (name = '', namespace = SHOP) =>
  `/apis/${API_VERSION}/namespaces/${namespace}/changefreezes${name && `/${name}`}`;
export const override = (name = '') =>
  `/apis/${API_VERSION}/namespaces/${SHOP}/rolloutoverrides${name && `/${name}`}`;

/** Two Deployments and a Database; the ChangeFreeze of these tests selects the team `payments`. */
export async function makeShop(server: PolicyServer): Promise<void> {
  const make = (path: string, body: object) =>
    server.must(ADMIN, { method: 'POST', path: path.slice(0, path.lastIndexOf('/')), body });
  for (const [name, team] of [
    ['web', 'payments'],
    ['blog', 'marketing'],
  ] as const) {
    const labels = { app: name };
    await make(deployment(name), {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, labels: { team } },
      spec: {
        replicas: 3,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, annotations: { note: 'old' } },
          spec: { containers: [{ name: 'web', image: 'web:1' }] },
        },
      },
    });
  }
  const call = { method: 'GET', path: database('').slice(0, -1) };
  await until('the stand-in kind is served', async () => (await server.ask(ADMIN, call)).code === 200);
  await make(database('orders'), {
    apiVersion: `${DATABASES.group}/v1`,
    kind: 'Database',
    metadata: { name: 'orders', labels: { team: 'payments' } },
    spec: { replicas: 3, version: '16' },
  });
}

const merge = (path: string, body: object): Call => ({ method: 'PATCH', path, type: MERGE_PATCH, body });
const remove = (path: string): Call => ({ method: 'DELETE', path });
const image = (name: string): Call => ({
  method: 'PATCH',
  path: deployment(name),
  type: JSON_PATCH,
  body: [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'web:2' }],
});
const gone = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: '0' }];

/** What people do to workloads that are frozen, and a freeze refuses. */
export const CHANGES: Record<string, Call> = {
  'another image': image('web'),
  'a rollout restart': merge(deployment('web'), {
    spec: { template: { metadata: { annotations: { restartedAt: 'now' } } } },
  }),
  'a field of the template less': merge(deployment('web'), {
    spec: { template: { metadata: { annotations: { note: null } } } },
  }),
  'another image and fewer pods': {
    ...image('web'),
    body: [...(image('web').body as object[]), { op: 'replace', path: '/spec/replicas', value: 2 }],
  },
  'the label less': merge(deployment('web'), { metadata: { labels: { team: null } } }),
  'an owner that is not there': merge(deployment('web'), { metadata: { ownerReferences: gone } }),
  'another version of a custom resource': merge(database('orders'), { spec: { version: '17' } }),
  'a new field of a custom resource': merge(database('orders'), { spec: { fast: true } }),
  'a field of a custom resource less': merge(database('orders'), { spec: { version: null } }),
};
export const DELETES: Record<string, Call> = {
  'delete the Deployment': remove(deployment('web')),
  // The request has no name.
  'delete all Deployments': remove(DEPLOYMENTS),
  'delete the custom resource': remove(database('orders')),
  'delete the Namespace': remove(NAMESPACE_OF_SHOP),
};
/** What a freeze leaves alone. */
export const FREE: Record<string, Call> = {
  'kubectl scale': merge(`${deployment('web')}/scale`, { spec: { replicas: 5 } }),
  'another number of replicas': merge(deployment('web'), { spec: { replicas: 1 } }),
  'scale a custom resource': merge(`${database('orders')}/scale`, { spec: { replicas: 5 } }),
  'the status of a custom resource': merge(`${database('orders')}/status`, { status: { replicas: 3 } }),
  'an annotation': merge(deployment('web'), { metadata: { annotations: { note: 'seen' } } }),
  'another label': merge(deployment('web'), { metadata: { labels: { tier: 'front' } } }),
  'another image of what is not selected': image('blog'),
  'delete what is not selected': remove(deployment('blog')),
};

/** Names of the actions that are let through, each asked for as a dry run. */
export async function letThrough(
  server: PolicyServer,
  calls: Record<string, Call>,
  actor: Actor = ADMIN,
): Promise<string[]> {
  const answers = await Promise.all(
    Object.entries(calls).map(async ([name, call]) => ({
      name,
      code: (await server.ask(actor, { ...call, dryRun: true })).code,
    })),
  );
  return answers.filter(({ code }) => code < 300).map(({ name }) => name);
}

/** What the controllers of Kubernetes write in any freeze. */
export async function controllersWork(server: PolicyServer): Promise<number[]> {
  const asks: [Actor, Call][] = [
    [AUTOSCALER, FREE['kubectl scale'] as Call],
    [
      DEPLOYMENT_CONTROLLER,
      merge(deployment('web'), { metadata: { annotations: { 'deployment.kubernetes.io/revision': '9' } } }),
    ],
    [DEPLOYMENT_CONTROLLER, merge(`${deployment('web')}/status`, { status: { replicas: 3 } })],
    [ACTORS.garbageCollector, remove(deployment('web'))],
  ];
  return Promise.all(
    asks.map(async ([actor, call]) => (await server.ask(actor, { ...call, dryRun: true })).code),
  );
}
