import { CERTIFICATE_TYPE, CHILD_TYPES, ownType } from '../../src/operator/objects/kinds.ts';
import { POLICY_TYPES } from '../../src/operator/policies/expected-policies.ts';
import type { KubeClient } from '../../src/platform/kube/client.ts';
import { builtin, type ResourceType } from '../../src/platform/kube/resource.ts';
import { isTest, sourceFiles } from '../house/source-files.ts';
import { everyNode, identifierName, isNode, parseTypeScript } from '../house/syntax-tree.ts';

/** A method of the client that sends a request for an object. */
type Method = Exclude<keyof KubeClient, 'scoped' | 'close' | 'raw'>;

/** What RBAC asks for a method: verbs, and the subresource that they are about. */
const ASKS: Record<Method, { verbs: string[]; subresource?: string }> = {
  get: { verbs: ['get'] },
  list: { verbs: ['list'] },
  watch: { verbs: ['watch'] },
  create: { verbs: ['create'] },
  // An apply creates what is not there.
  apply: { verbs: ['create', 'patch'] },
  applyStatus: { verbs: ['patch'], subresource: 'status' },
  applyScale: { verbs: ['patch'], subresource: 'scale' },
  patch: { verbs: ['patch'] },
  patchJson: { verbs: ['patch'] },
  delete: { verbs: ['delete'] },
  evict: { verbs: ['create'], subresource: 'eviction' },
};

const { ConfigMap, Deployment, Event, HorizontalPodAutoscaler, Lease, Namespace, Node } = builtin;
const { PersistentVolumeClaim, Pod, Secret, StatefulSet } = builtin;
const WITH_STATUS = (
  [
    'PresenceCluster',
    'Wedding',
    'RolloutOverride',
    'PresenceOptimization',
    'WeddingCalendar',
    'ChangeFreeze',
  ] as const
).map(ownType);
/** What the operator keeps a copy of: src/operator/caches.ts and src/operator/policies/watch-policies.ts. */
const CACHED = [...WITH_STATUS, ...CHILD_TYPES, Pod, PersistentVolumeClaim, Node, ...POLICY_TYPES];

/** Every file of the operator that sends requests: by which methods, about what. */
export const CALLS: Record<string, Partial<Record<Method, readonly ResourceType[]>>> = {
  'src/operator/credentials/cert-manager.ts': {
    get: [CERTIFICATE_TYPE],
    apply: [CERTIFICATE_TYPE],
    delete: [CERTIFICATE_TYPE],
  },
  'src/operator/credentials/own-secret.ts': { get: [Secret], create: [Secret], patch: [Secret] },
  'src/operator/freeze-clock/lease-clock.ts': { get: [Lease], create: [Lease] },
  'src/operator/freeze-clock/namespace-freezes.ts': { get: [Namespace], patch: [Namespace] },
  'src/operator/change-freeze/namespace-change-freezes.ts': { get: [Namespace], patch: [Namespace] },
  'src/operator/freeze-clock/sweep-namespaces.ts': { get: [Namespace], list: [Namespace] },
  'src/operator/load/conflicting-autoscalers.ts': { list: [HorizontalPodAutoscaler] },
  'src/operator/load/history-store.ts': { get: [ConfigMap], apply: [ConfigMap] },
  'src/operator/memory/object-warnings.ts': { list: [Event] },
  'src/operator/objects/write-status.ts': { applyStatus: WITH_STATUS },
  'src/operator/optimization/disconnects.ts': { apply: [ConfigMap], patch: [Pod] },
  'src/operator/optimization/reconcile.ts': { delete: [ownType('PresenceOptimization')] },
  'src/operator/policies/policy-keeper.ts': {
    get: [ConfigMap, ...POLICY_TYPES],
    create: POLICY_TYPES,
    patchJson: POLICY_TYPES,
  },
  'src/operator/presence-cluster/apply.ts': {
    get: CHILD_TYPES,
    apply: CHILD_TYPES,
    delete: [...CHILD_TYPES, PersistentVolumeClaim],
  },
  'src/operator/presence-cluster/protect-pods.ts': { patch: [Pod] },
  'src/operator/presence-cluster/restore-labels.ts': { list: [Pod], patch: [Pod, PersistentVolumeClaim] },
  'src/operator/presence-cluster/redis/maintain-redis.ts': { delete: [Pod] },
  'src/operator/presence-cluster/redis/renew-replica.ts': { evict: [Pod] },
  'src/operator/presence-cluster/volumes/maintain-claims.ts': {
    patch: [PersistentVolumeClaim],
    delete: [PersistentVolumeClaim],
  },
  'src/operator/presence-cluster/volumes/recreate-stateful-set.ts': {
    get: [StatefulSet],
    apply: [StatefulSet],
    delete: [StatefulSet],
  },
  'src/operator/scaling/apply-replicas.ts': { applyScale: [Deployment] },
  'src/operator/scaling/deletion-cost.ts': { patch: [Pod] },
  'src/operator/wedding-calendar/get-feed.ts': { get: [Secret, ConfigMap] },
  'src/operator/wedding-calendar/reconcile.ts': { applyStatus: [ownType('WeddingCalendar')] },
  'src/operator/wedding-calendar/write-weddings.ts': {
    apply: [ownType('Wedding')],
    delete: [ownType('Wedding')],
  },
  'src/platform/kube/events.ts': { create: [Event] },
  'src/platform/kube/initial-list.ts': { list: CACHED },
  'src/platform/kube/leader-election.ts': { get: [Lease], create: [Lease], patch: [Lease] },
  'src/platform/kube/reflector.ts': { watch: CACHED },
};

/** Rights that no request of ours asks for: the API server asks for them when it judges another request. */
export const ASKED_BY_THE_API_SERVER = [
  'update presence.wedsync.io/presenceclusters/finalizers',
  'get presence.wedsync.io/rolloutfreezes',
  'get presence.wedsync.io/presenceclusters',
];

/** `verb group/resource`, as RBAC asks for it. */
export function neededRights(): Set<string> {
  return new Set([
    ...ASKED_BY_THE_API_SERVER,
    ...Object.values(CALLS).flatMap((methods) =>
      Object.entries(methods).flatMap(([method, types]) => {
        const { verbs, subresource } = ASKS[method as Method];
        return types.flatMap(({ group, plural }) =>
          verbs.map((verb) => `${verb} ${group}/${plural}${subresource ? `/${subresource}` : ''}`),
        );
      }),
    ),
  ]);
}

/** The methods of the client that each source file calls, in the form of {@link CALLS}. */
export function methodsInSource(): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const file of sourceFiles('src')) {
    if (!/^src\/(operator|platform\/kube)\//.test(file.path) || isTest(file)) continue;
    const methods = new Set<string>();
    for (const node of everyNode(parseTypeScript(file.text))) {
      const method = clientMethod(node);
      if (method !== undefined) methods.add(method);
    }
    if (methods.size > 0) found[file.path] = [...methods].sort();
  }
  return found;
}

/** The method that a call of `client.method()` or `anything.client.method()` names. */
function clientMethod(node: unknown): string | undefined {
  if (!isNode(node) || node.type !== 'CallExpression' || !isNode(node.callee)) return undefined;
  const { type, object, property } = node.callee;
  if (type !== 'MemberExpression' || !isNode(object)) return undefined;
  const receiver = object.type === 'MemberExpression' ? object.property : object;
  const method = identifierName(property);
  return identifierName(receiver) === 'client' && method !== undefined && method in ASKS ? method : undefined;
}
