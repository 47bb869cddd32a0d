import {
  type Answer,
  APPLY_PATCH,
  type Call,
  JSON_PATCH,
  MERGE_PATCH,
  STRATEGIC_PATCH,
} from './policy-server.ts';
import {
  ALWAYS,
  BY_CLOCK,
  BY_PHASE,
  BY_STAMP,
  MOMENTS,
  type Moment,
  mark,
  markAll,
  NEVER,
  type Verdicts,
} from './verdicts.ts';
import * as world from './wedding-world.ts';

export interface Row {
  action: string;
  /** For admins, CI and everybody else who is not named below. */
  people: Verdicts;
  operator: Verdicts;
  /** Controllers of Kubernetes and kubelets. */
  system: Verdicts;
  /** What a RolloutOverride must open; undefined where none can. */
  scope?: 'Rollout' | 'ScaleIn' | 'Delete' | 'Evict';
  /** The object is in no namespace: a role in one does not reach it. */
  isClusterScoped?: true;
  /** Or what it is for the presence Deployment as it is at that time. */
  call: Call | ((live: Answer['body']) => Call);
}

const LABEL = 'presence.wedsync.io/cluster';
const DEPLOYMENT = world.apps('deployments', `${world.CLUSTER}-presence`);
const STATEFUL_SET = world.apps('statefulsets', `${world.CLUSTER}-redis-0`);

const image = (name: string, value: string) => ({
  spec: { template: { spec: { containers: [{ name, image: value }] } } },
});
const patch = (path: string, body: unknown, type = STRATEGIC_PATCH): Call => ({
  method: 'PATCH',
  path,
  type,
  body,
});
const remove = (path: string): Call => ({ method: 'DELETE', path });
const scale = (path: string, replicas: number): Call =>
  patch(`${path}/scale`, { spec: { replicas } }, MERGE_PATCH);
const evict = (pod: string): Call => ({
  method: 'POST',
  path: `${world.core('pods', pod)}/eviction`,
  body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace: world.NAMESPACE } },
});

const DEPLOYMENT_HEAD = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: `${world.CLUSTER}-presence`, namespace: world.NAMESPACE },
};
const FORGED = {
  manager: 'forger',
  operation: 'Update',
  apiVersion: 'apps/v1',
  time: '2099-01-01T00:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:spec': { 'f:template': { 'f:spec': { 'f:dnsPolicy': {} } } } },
};
const edited = (live: Answer['body']): Answer['body'] => {
  const body = structuredClone(live);
  body.spec.template.spec.containers[0].image = 'presence:2';
  return body;
};

/** Rows of one kind share what is expected of them. */
const change = (action: string, call: Row['call'], more: Partial<Row> = {}): Row => ({
  action,
  call,
  people: BY_STAMP,
  operator: BY_STAMP,
  system: BY_STAMP,
  scope: 'Rollout',
  ...more,
});
const surroundings: Partial<Row> = { operator: NEVER, system: NEVER };
const deletion = (action: string, call: Call, scope: Row['scope'] = 'Delete'): Row => ({
  action,
  call,
  people: BY_CLOCK,
  operator: NEVER,
  system: NEVER,
  ...(scope ? { scope } : {}),
});
/** What a controller does to children passes; what it would do to the PresenceCluster does not. */
const rootDeletion = (action: string, call: Call): Row => ({ ...deletion(action, call), system: BY_CLOCK });
const free = (action: string, call: Call): Row => ({
  action,
  call,
  people: NEVER,
  operator: NEVER,
  system: NEVER,
});
const guarded = (action: string, call: Call): Row => ({
  action,
  call,
  people: ALWAYS,
  operator: NEVER,
  system: NEVER,
});
/** What no controller does either. */
const identity = (action: string, call: Call): Row => ({ ...guarded(action, call), system: ALWAYS });
const closed = (action: string, call: Call): Row => ({
  action,
  call,
  people: ALWAYS,
  operator: ALWAYS,
  system: ALWAYS,
  isClusterScoped: true,
});
const withoutLabel = (path: string, label: string): Call =>
  patch(path, { metadata: { labels: { [label]: null } } }, MERGE_PATCH);
/** An owner that does not exist: the garbage collector would delete the object. */
const orphaned = (path: string): Call =>
  patch(
    path,
    {
      metadata: {
        ownerReferences: [
          { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: '00000000-0000-0000-0000-000000000000' },
        ],
      },
    },
    MERGE_PATCH,
  );
const status = (pod: string, body: object): Call =>
  patch(`${world.core('pods', pod)}/status`, { status: body });
const kind = (plural: string): Call =>
  remove(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.presence.wedsync.io`);

/** How the operator itself changes a template: by an apply of all that it wants, which stamps its own entry anew. */
export const OWN_APPLY: Row = change('an apply of the operator with another image', (live) => ({
  ...patch(
    DEPLOYMENT,
    {
      ...DEPLOYMENT_HEAD,
      metadata: { ...DEPLOYMENT_HEAD.metadata, labels: live.metadata.labels },
      spec: edited(live).spec,
    },
    APPLY_PATCH,
  ),
  fieldManager: 'presence-operator',
}));

export const ROWS: readonly Row[] = [
  change(
    '`kubectl set image` on the presence Deployment',
    patch(DEPLOYMENT, image('presence', 'presence:2')),
  ),
  change(
    '`kubectl rollout restart`',
    patch(DEPLOYMENT, {
      spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } } } },
    }),
  ),
  change(
    '`kubectl apply` of another image',
    patch(DEPLOYMENT, {
      ...image('presence', 'presence:2'),
      metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } },
    }),
  ),
  change(
    '`kubectl apply --server-side` of another image',
    patch(DEPLOYMENT, { ...DEPLOYMENT_HEAD, ...image('presence', 'presence:2') }, APPLY_PATCH),
  ),
  change('`kubectl replace` with another image', (live) => ({
    method: 'PUT',
    path: DEPLOYMENT,
    body: edited(live),
  })),
  change('`kubectl edit` of the image', (live) => ({
    ...patch(DEPLOYMENT, {
      ...image('presence', 'presence:2'),
      metadata: { resourceVersion: live.metadata.resourceVersion },
    }),
    fieldManager: 'kubectl-edit',
  })),
  change(
    'a JSON patch of the image',
    patch(
      DEPLOYMENT,
      [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'presence:2' }],
      JSON_PATCH,
    ),
  ),
  change('`helm upgrade` (Helm 3: a three-way patch) with another image', {
    ...patch(DEPLOYMENT, {
      ...image('presence', 'presence:2'),
      metadata: { labels: { 'helm.sh/chart': 'ours-2' } },
    }),
    fieldManager: 'helm',
  }),
  change('`helm upgrade` (Helm 4: server-side apply) with another image', {
    ...patch(DEPLOYMENT, { ...DEPLOYMENT_HEAD, ...image('presence', 'presence:2') }, APPLY_PATCH),
    fieldManager: 'helm',
  }),
  change('`kubectl set image` on a Redis StatefulSet', patch(STATEFUL_SET, image('redis', 'valkey:10'))),
  change(
    'resume, pause, or change the strategy of the Deployment',
    patch(DEPLOYMENT, { spec: { paused: true } }),
    surroundings,
  ),
  change(
    'change the update strategy of a Redis StatefulSet',
    patch(STATEFUL_SET, { spec: { updateStrategy: { type: 'RollingUpdate' } } }),
    surroundings,
  ),
  change(
    'change the image of a running pod',
    patch(world.core('pods', world.PRESENCE_POD), {
      spec: { containers: [{ name: 'presence', image: 'presence:2' }] },
    }),
    { ...surroundings, operator: ALWAYS },
  ),
  change(
    'change the resources of a running pod (`pods/resize`, Kubernetes 1.33)',
    patch(`${world.core('pods', world.PRESENCE_POD)}/resize`, {
      spec: { containers: [{ name: 'presence', resources: { requests: { cpu: '101m' } } }] },
    }),
    surroundings,
  ),
  change(
    '`kubectl debug`: put an ephemeral container into a running pod',
    patch(`${world.core('pods', world.PRESENCE_POD)}/ephemeralcontainers`, {
      spec: { ephemeralContainers: [{ name: 'debug', image: 'debug:1' }] },
    }),
    surroundings,
  ),
  change(
    'name another volume in a PersistentVolumeClaim',
    patch(world.core('persistentvolumeclaims', world.CLAIM), { spec: { volumeName: 'another' } }),
    // Of claims the operator writes labels, annotations and the size only.
    { ...surroundings, operator: ALWAYS },
  ),
  change(
    'change a NetworkPolicy of ours',
    patch(
      world.networkPolicy(`${world.CLUSTER}-presence`),
      { spec: { policyTypes: ['Egress'] } },
      MERGE_PATCH,
    ),
    surroundings,
  ),
  change(
    'change the Service',
    patch(world.core('services', `${world.CLUSTER}-presence`), { spec: { sessionAffinity: 'ClientIP' } }),
    surroundings,
  ),
  change(
    'loosen the PodDisruptionBudget',
    patch(world.budget(`${world.CLUSTER}-presence`), { spec: { maxUnavailable: 8 } }, MERGE_PATCH),
    surroundings,
  ),
  change(
    'lower `spec.replicas` of the Deployment below the floor',
    patch(DEPLOYMENT, { spec: { replicas: world.FLOOR - 1 } }),
    { ...surroundings, scope: 'ScaleIn' },
  ),
  change(
    'take a field of the pod template away, and nothing else (no stamp)',
    patch(DEPLOYMENT, [{ op: 'remove', path: '/spec/template/spec/containers/0/livenessProbe' }], JSON_PATCH),
    { people: ALWAYS, system: ALWAYS },
  ),
  change(
    'change the pod template and reset `metadata.managedFields` (no stamp)',
    patch(DEPLOYMENT, { ...image('presence', 'presence:2'), metadata: { managedFields: [{}] } }),
    { people: ALWAYS, operator: ALWAYS, system: ALWAYS },
  ),
  change(
    'change the pod template beside a forged stamp of 2099',
    patch(
      DEPLOYMENT,
      [
        { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'presence:2' },
        { op: 'add', path: '/metadata/managedFields/-', value: FORGED },
      ],
      JSON_PATCH,
    ),
    { people: ALWAYS, system: ALWAYS },
  ),
  deletion('`kubectl scale` of presence below the floor', scale(DEPLOYMENT, world.FLOOR - 1), 'ScaleIn'),
  deletion('`kubectl scale` of Redis to fewer pods', scale(STATEFUL_SET, 1), 'ScaleIn'),
  deletion('delete a presence pod', remove(world.core('pods', world.PRESENCE_POD))),
  deletion('delete a Redis pod', remove(world.core('pods', world.REDIS_POD))),
  deletion('delete the Deployment', remove(DEPLOYMENT)),
  deletion('delete a ReplicaSet', remove(world.apps('replicasets', world.REPLICA_SET))),
  deletion('delete a StatefulSet', remove(STATEFUL_SET)),
  deletion('delete a PersistentVolumeClaim', remove(world.core('persistentvolumeclaims', world.CLAIM))),
  deletion('delete the Service', remove(world.core('services', `${world.CLUSTER}-presence`))),
  deletion('delete the PodDisruptionBudget', remove(world.budget(`${world.CLUSTER}-presence`))),
  deletion('delete a NetworkPolicy of ours', remove(world.networkPolicy(`${world.CLUSTER}-presence`))),
  rootDeletion('delete the PresenceCluster', remove(world.ours('presenceclusters', world.CLUSTER))),
  deletion(
    'say in its status that a running pod has failed (a failed pod may be deleted)',
    status(world.REDIS_POD, { phase: 'Failed' }),
  ),
  deletion(
    'say in its status that a running pod is not ready',
    status(world.PRESENCE_POD, { conditions: [{ type: 'Ready', status: 'False' }] }),
  ),
  deletion(
    'write another address into the status of a running pod',
    patch(
      `${world.core('pods', world.PRESENCE_POD)}/status`,
      { status: { podIP: '192.0.2.1', podIPs: [{ ip: '192.0.2.1' }] } },
      MERGE_PATCH,
    ),
  ),
  // The operator evicts Redis pods alone, when a replica has to move.
  {
    ...deletion('`kubectl drain`: evict a presence pod', evict(world.PRESENCE_POD), 'Evict'),
    operator: ALWAYS,
  },
  deletion('`kubectl drain`: evict a Redis pod', evict(world.REDIS_POD), 'Evict'),
  guarded(
    'edit the RolloutFreeze',
    patch(world.ours('rolloutfreezes', world.CLUSTER), { spec: { floor: 0 } }, MERGE_PATCH),
  ),
  guarded('delete the RolloutFreeze', remove(world.ours('rolloutfreezes', world.CLUSTER))),
  { ...identity('take our label off a Deployment', withoutLabel(DEPLOYMENT, LABEL)), operator: ALWAYS },
  identity(
    'take `app.kubernetes.io/managed-by` off a running pod',
    withoutLabel(world.core('pods', world.REDIS_POD), 'app.kubernetes.io/managed-by'),
  ),
  {
    ...identity(
      'take our label off a PersistentVolumeClaim',
      withoutLabel(world.core('persistentvolumeclaims', world.CLAIM), LABEL),
    ),
    operator: ALWAYS,
  },
  identity(
    'take our label off a pod through `pods/status`',
    withoutLabel(`${world.core('pods', world.REDIS_POD)}/status`, LABEL),
  ),
  identity(
    'take our label off a StatefulSet through `statefulsets/status`',
    withoutLabel(`${STATEFUL_SET}/status`, LABEL),
  ),
  identity(
    'take our label off a PersistentVolumeClaim through its status',
    withoutLabel(`${world.core('persistentvolumeclaims', world.CLAIM)}/status`, LABEL),
  ),
  ...[
    ['a StatefulSet', STATEFUL_SET],
    ['a running pod', world.core('pods', world.REDIS_POD)],
    ['a PersistentVolumeClaim', world.core('persistentvolumeclaims', world.CLAIM)],
    ['a ServiceAccount', world.core('serviceaccounts', `${world.CLUSTER}-redis`)],
  ].map(([what, path]) =>
    guarded(
      `set \`metadata.ownerReferences\` of ${what} to an owner that does not exist`,
      orphaned(path as string),
    ),
  ),
  closed(
    'delete a Namespace with the label `presence.wedsync.io/protected=true`',
    remove(`/api/v1/namespaces/${world.NAMESPACE}`),
  ),
  closed('delete the kind PresenceCluster (its CustomResourceDefinition)', kind('presenceclusters')),
  closed('delete the kind RolloutFreeze', kind('rolloutfreezes')),
  free('`kubectl scale` to more pods', scale(DEPLOYMENT, world.REPLICAS + 4)),
  free('`kubectl scale` to fewer pods, not below the floor', scale(DEPLOYMENT, world.FLOOR)),
  free('annotate a workload', patch(DEPLOYMENT, { metadata: { annotations: { note: 'seen' } } })),
  free(
    'change the PresenceCluster (the operator holds what would change pods)',
    patch(
      world.ours('presenceclusters', world.CLUSTER),
      { spec: { presence: { image: 'presence:2' } } },
      MERGE_PATCH,
    ),
  ),
  free('make a pod (healing, scale-out)', {
    method: 'POST',
    path: world.core('pods', '').slice(0, -1),
    body: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${world.CLUSTER}-presence-7d9f8c5b6d-new01`,
        labels: { 'presence.wedsync.io/cluster': world.CLUSTER },
      },
      spec: { containers: [{ name: 'presence', image: 'presence:1' }] },
    },
  }),
  free(
    'write anything else into the status of a pod, such as the condition of a readiness gate',
    status(world.PRESENCE_POD, {
      message: 'seen',
      conditions: [{ type: 'example.org/registered', status: 'True' }],
    }),
  ),
  free(
    'label or annotate a pod or a claim with what is not ours',
    patch(world.core('pods', world.PRESENCE_POD), { metadata: { labels: { note: 'seen' } } }),
  ),
];

const HEADER = [
  'action',
  ...Object.values(MOMENTS),
  'the operator',
  'controllers and kubelets',
  'scope that opens it',
];

/** The table of docs/freeze.md. */
export function freezeTable(): string {
  const lines = ROWS.map((row) => [
    row.action,
    ...Object.keys(MOMENTS).map((moment) => mark(row.people[moment as Moment])),
    markAll(row.operator),
    markAll(row.system),
    row.scope ?? '',
  ]);
  return [HEADER, HEADER.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The line of docs/freeze.md about clusters that do not show the Lease. */
export function withoutLeaseTable(): string {
  const header = Object.values(MOMENTS);
  const cells = Object.keys(MOMENTS).map((moment) => mark(BY_PHASE[moment as Moment]));
  return [header, header.map(() => '---'), cells].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** What a row is where a cluster does not show the Lease. */
export function withoutLease(verdicts: Verdicts): Verdicts {
  return verdicts === BY_CLOCK ? BY_PHASE : verdicts;
}
