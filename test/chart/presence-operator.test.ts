import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import { LABEL } from '../../src/api/v1alpha1/names.ts';
import { ADMIN_PORT } from '../../src/domain/resources/ports.ts';
import { presenceDeployment } from '../../src/domain/resources/presence-workload.ts';
import { dashboardFiles } from '../../src/monitoring/dashboards/dashboard-files.ts';
import { clockCheckName } from '../../src/operator/freeze-clock/lease-clock.ts';
import { repository } from '../cluster/paths.ts';
import { presenceCluster } from '../support/presence-cluster-builder.ts';
import { chartDirectory, type Helm, openHelm, parseObjects, type RenderedObject } from './helm.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

const NODE_AFFINITY = {
  preferredDuringSchedulingIgnoredDuringExecution: [
    { weight: 1, preference: { matchExpressions: [{ key: 'infra', operator: 'Exists' }] } },
  ],
};

/** Values that turn on every template and fill every list, and the corners of each. */
const MATRIX: Record<string, Record<string, unknown>> = {
  defaults: {},
  'one replica': { replicas: 1, strategy: { type: 'Recreate' } },
  'two namespaces': {
    watchNamespaces: ['weddings', '123'],
    weddingCalendars: { privateNetworkNamespaces: ['123', 'weddings', '123'] },
  },
  'everything on': {
    image: { repository: 'example/operator', tag: '1.2.3', digest: DIGEST, pullPolicy: 'Always' },
    imagePullSecrets: [{ name: 'one' }, { name: 'two' }],
    strategy: { rollingUpdate: { maxSurge: '50%', maxUnavailable: 0 } },
    livenessProbe: { failureThreshold: 9 },
    readinessProbe: { initialDelaySeconds: 2, failureThreshold: 4 },
    terminationGracePeriodSeconds: 40,
    networkPolicy: { enabled: true },
    admissionPolicies: { trustedUsers: ['system:serviceaccount:infra:node-repair'] },
    podMonitor: { enabled: true, interval: '15s', labels: { release: 'prometheus' } },
    podLabels: { team: 'weddings', 'app.kubernetes.io/name': 'stolen' },
    podAnnotations: { note: 'true' },
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'infra', operator: 'Exists' }],
    priorityClassName: 'system-cluster-critical',
    zoneData: { configMap: 'zones', key: '2027a.json' },
    serviceAccount: { create: true, name: 'operator', annotations: { role: 'r' } },
    resources: { requests: { cpu: 1, memory: '1Gi' }, limits: { 'ephemeral-storage': '1Gi' } },
    commonLabels: { 'cost-centre': 'weddings', 'app.kubernetes.io/name': 'stolen' },
    affinity: { nodeAffinity: NODE_AFFINITY },
    topologySpreadConstraints: [
      { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' },
    ],
    podSecurityContext: { fsGroup: 65532 },
    extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }],
    extraVolumes: [{ name: 'ca', configMap: { name: 'ca' } }],
    extraVolumeMounts: [{ name: 'ca', mountPath: '/etc/ca', readOnly: true }],
    podPriorityClass: { name: 'weddings', value: 5, preemptionPolicy: 'PreemptLowerPriority' },
    serviceMonitor: { enabled: true, interval: '15s', labels: { release: 'prometheus' } },
    presencePodMonitor: { enabled: true, interval: '10s', labels: { release: 'prometheus' } },
    prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
    grafanaDashboards: { enabled: true, annotations: { grafana_folder: 'Weddings' } },
  },
  'nothing set': {
    resources: null,
    podLabels: null,
    podAnnotations: null,
    nodeSelector: null,
    tolerations: null,
    affinity: null,
    topologySpreadConstraints: null,
    extraEnv: null,
    extraVolumes: null,
    extraVolumeMounts: null,
    commonLabels: null,
  },
  'nothing of ours': { rbac: { create: false, aggregatedRoles: false }, serviceAccount: { create: false } },
  'short name': { fullnameOverride: '42' },
  'long name': { nameOverride: 'a-name-that-is-longer-than-all-that-kubernetes-allows-for-a-label' },
  'as a dependency': { global: { registry: 'example' } },
};

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

/** Lets the operator put admission policies back: these live outside of namespaces. */
const POLICIES_ROLE = 'operators:live-presence-operator:policies';

/** helm is unpacked and started once per set of values, on a loaded machine. */
const RENDERS_WITHIN_MS = 120_000;

let helm: Helm;
const rendered = new Map<string, RenderedObject[]>();

beforeAll(async () => {
  helm = await openHelm();
  for (const [name, values] of Object.entries(MATRIX)) {
    rendered.set(
      name,
      await helm.render('presence-operator', { name: 'live', namespace: 'operators', values }),
    );
  }
}, RENDERS_WITHIN_MS);

function objects(name: string, kind?: string): RenderedObject[] {
  const all = rendered.get(name) ?? [];
  return kind === undefined ? all : all.filter((object) => object.kind === kind);
}

function deployment(name: string): RenderedObject {
  const [found, ...others] = objects(name, 'Deployment');
  if (!found || others.length > 0) throw new Error(`${name}: not exactly one Deployment`);
  return found;
}

function podSpec(name: string) {
  return deployment(name).spec.template.spec;
}

function environment(name: string): Record<string, string> {
  const entries: { name: string; value?: string }[] = podSpec(name).containers[0].env;
  return Object.fromEntries(entries.map((entry) => [entry.name, entry.value ?? 'from the pod']));
}

function rules(object: RenderedObject): Rule[] {
  return object.rules as Rule[];
}

describe.each(Object.keys(MATRIX))('the chart with %s', (name) => {
  it('labels every object', () => {
    expect(objects(name).length).toBeGreaterThan(2);
    for (const object of [...objects(name), deployment(name).spec.template as RenderedObject]) {
      expect(object.metadata.labels, `${object.kind} ${object.metadata.name}`).toMatchObject({
        'app.kubernetes.io/name': expect.stringMatching(/^[a-z-]{1,63}$/),
        'app.kubernetes.io/instance': 'live',
        'app.kubernetes.io/component': 'operator',
        'app.kubernetes.io/part-of': 'wedsync',
        'app.kubernetes.io/managed-by': 'Helm',
        'app.kubernetes.io/version': '0.1.0',
      });
    }
  });

  it('gives valid names, and a namespace to all that has one', () => {
    for (const { kind, metadata } of objects(name)) {
      expect(typeof metadata.name).toBe('string');
      const isClusterScoped = /^(Cluster|ValidatingAdmission|PriorityClass)/.test(kind);
      expect(metadata.name.length).toBeLessThanOrEqual(isClusterScoped ? 253 : 63);
      // RBAC takes any name, everything else a DNS name.
      if (!kind.startsWith('ClusterRole')) expect(metadata.name).toMatch(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
      if (isClusterScoped) expect(metadata.namespace).toBeUndefined();
      else expect(typeof metadata.namespace).toBe('string');
    }
  });

  it('meets the restricted Pod Security Standard', () => {
    const spec = podSpec(name);
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(spec.containers).toHaveLength(1);
    expect(spec.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const volume of spec.volumes ?? [])
      expect(Object.keys(volume).sort()).toEqual(['configMap', 'name']);
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC', 'initContainers']) {
      expect(spec).not.toHaveProperty(field);
    }
  });

  it('grants no wildcard and no list of secrets', () => {
    for (const object of [...objects(name, 'ClusterRole'), ...objects(name, 'Role')]) {
      for (const rule of rules(object)) {
        expect([...rule.apiGroups, ...rule.resources, ...rule.verbs]).not.toContain('*');
        if (rule.resources.includes('secrets')) {
          expect(rule.verbs).toEqual(['get', 'create', 'patch']);
        }
        expect(rule.verbs.filter((verb) => ['escalate', 'bind', 'impersonate'].includes(verb))).toEqual([]);
      }
    }
  });

  it('selects its own pods everywhere', () => {
    const { template, selector } = deployment(name).spec;
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(objects(name, 'PodDisruptionBudget')[0]?.spec).toEqual({ maxUnavailable: 1, selector });
    expect(objects(name, 'Service')[0]?.spec.selector).toEqual(selector.matchLabels);
    expect(podSpec(name).topologySpreadConstraints[0].labelSelector).toEqual(selector);
  });

  it('gives the operator its environment as text', () => {
    const entries: { name: string; value?: unknown }[] = podSpec(name).containers[0].env;
    for (const entry of entries) {
      if ('value' in entry) expect(typeof entry.value, entry.name).toBe('string');
    }
    expect(environment(name).LEASE_NAME).toBe(deployment(name).metadata.name);
    expect(environment(name).PRESENCE_IMAGE).toBe(podSpec(name).containers[0].image);
  });
});

describe('the chart by default', () => {
  it('runs two replicas that are probed, spread and stopped in 15 s', () => {
    expect(deployment('defaults').spec).toMatchObject({
      replicas: 2,
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
    });
    const spec = podSpec('defaults');
    expect(spec.terminationGracePeriodSeconds).toBe(15);
    expect(spec.topologySpreadConstraints).toMatchObject([
      { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
    ]);
    expect(spec.containers[0]).toMatchObject({
      image: 'wedsync/presence-operator:0.1.0',
      args: ['--optimize-for-size', '/app/operator.js'],
      ports: [{ name: 'metrics', containerPort: 9090 }],
      livenessProbe: { httpGet: { path: '/healthz', port: 'metrics' } },
      readinessProbe: { httpGet: { path: '/readyz', port: 'metrics' } },
      resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '256Mi' } },
    });
    expect(environment('defaults')).toEqual({
      OPERATOR_NAMESPACE: 'from the pod',
      POD_NAME: 'from the pod',
      WATCH_NAMESPACES: '',
      PRIVATE_NETWORK_NAMESPACES: '',
      LOG_LEVEL: 'info',
      LEASE_NAME: 'live-presence-operator',
      METRICS_PORT: '9090',
      PRESENCE_IMAGE: 'wedsync/presence-operator:0.1.0',
      VALKEY_IMAGE: 'valkey/valkey:9.1',
      REDIS_IMAGE: 'redis:7.2',
      OPERATOR_POD_LABELS:
        'app.kubernetes.io/component=operator,app.kubernetes.io/instance=live,app.kubernetes.io/name=presence-operator',
      IMAGE_PULL_SECRETS: '',
      POD_PRIORITY_CLASS: 'operators-live-presence-operator-pods',
      POLICIES_CONFIG_MAP: 'live-presence-operator-policies',
      FREEZE_CLOCK_LEASE: 'kube-system/kube-controller-manager',
      CHANGE_FREEZE_RESOURCES: '',
      NODE_OPTIONS: '--max-old-space-size-percentage=60 --max-semi-space-size=4',
    });
  });

  it('works in all namespaces by one ClusterRole, and elects in its own', () => {
    const bound = objects('defaults', 'ClusterRoleBinding').map((binding) => binding.roleRef.name);
    expect(new Set(bound)).toEqual(new Set(['operators:live-presence-operator', POLICIES_ROLE]));
    expect(objects('defaults', 'Role').map((role) => [role.metadata.namespace, role.metadata.name])).toEqual([
      ['operators', 'live-presence-operator-policies'],
      ['operators', 'live-presence-operator-leader-election'],
      ['kube-system', 'operators-live-presence-operator-clock'],
    ]);
    const lease = objects('defaults', 'Role').find(({ metadata }) => metadata.name.endsWith('-election'));
    expect(rules(lease as RenderedObject)).toEqual([
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['live-presence-operator'],
        verbs: ['get', 'patch'],
      },
    ]);
  });

  it('lets the built-in roles reach each of our kinds', () => {
    for (const role of ['view', 'edit', 'admin']) {
      const found = objects('defaults', 'ClusterRole').find(
        (object) => object.metadata.labels?.[`rbac.authorization.k8s.io/aggregate-to-${role}`] === 'true',
      );
      expect(found?.metadata.name).toBe(`operators:live-presence-operator:${role}`);
      const resources = rules(found as RenderedObject).flatMap((rule) => rule.resources);
      if (role === 'view')
        expect(resources).toEqual(expect.arrayContaining(KINDS.map((kind) => kind.plural)));
      else expect(resources).not.toContain('rolloutfreezes');
    }
  });
});

describe('the chart with watchNamespaces', () => {
  it('has a Role in each and no ClusterRole of the operator', () => {
    const bound = objects('two namespaces', 'ClusterRoleBinding').map(({ metadata }) => metadata.name);
    expect(bound).toEqual([POLICIES_ROLE]);
    const clusterRoles = objects('two namespaces', 'ClusterRole').map((role) => role.metadata.name);
    expect(clusterRoles).not.toContain('operators:live-presence-operator');
    const [everywhere] = objects('defaults', 'ClusterRole').filter(
      (role) => role.metadata.name === 'operators:live-presence-operator',
    );
    // Nodes are of no namespace: only an operator of the whole cluster reads them.
    const isOfNodes = ({ resources, verbs }: { resources: string[]; verbs: string[] }) =>
      resources.includes('nodes') || (resources.includes('namespaces') && verbs.includes('list'));
    const rules = everywhere?.rules.filter(
      (rule: { resources: string[]; verbs: string[] }) => !isOfNodes(rule),
    );
    // And lists Namespaces, once; one that watches some of them reads these by name.
    expect(rules).toHaveLength((everywhere?.rules.length ?? 0) - 2);
    for (const namespace of ['weddings', '123']) {
      const here = (object: RenderedObject) => object.metadata.namespace === namespace;
      expect(objects('two namespaces', 'Role').filter(here)).toMatchObject([{ rules }]);
      expect(objects('two namespaces', 'RoleBinding').filter(here)).toMatchObject([
        { subjects: [{ kind: 'ServiceAccount', name: 'live-presence-operator', namespace: 'operators' }] },
      ]);
    }
    expect(environment('two namespaces')).toMatchObject({
      WATCH_NAMESPACES: 'weddings,123',
      PRIVATE_NETWORK_NAMESPACES: '123,weddings',
    });
  });

  it('has nothing outside of namespaces when the aggregated roles and the policies are off too', async () => {
    const values = {
      watchNamespaces: ['weddings'],
      rbac: { aggregatedRoles: false },
      admissionPolicies: { enabled: false },
    };
    const all = await helm.render('presence-operator', { name: 'live', namespace: 'operators', values });
    expect(
      all.map(({ kind }) => kind).filter((kind) => /^(Cluster|Validating|PriorityClass)/.test(kind)),
    ).toEqual([]);
  });

  it('holds freezes in these namespaces only', () => {
    for (const { spec } of objects('two namespaces', 'ValidatingAdmissionPolicyBinding')) {
      if (spec.policyName.startsWith('clock-check.')) continue;
      expect(spec.matchResources.namespaceSelector.matchExpressions).toEqual([
        { key: 'kubernetes.io/metadata.name', operator: 'In', values: ['weddings', '123'] },
      ]);
    }
  });
});

describe('the chart without the clock', () => {
  it.each([
    ['no Lease', { clock: { leaseName: '' } }],
    ['no policies', { enabled: false }],
  ])('has nothing in kube-system and reads no Lease there: %s', async (_what, admissionPolicies) => {
    const values = { admissionPolicies };
    const all = await helm.render('presence-operator', { name: 'live', namespace: 'operators', values });
    expect(all.filter(({ metadata }) => metadata.namespace === 'kube-system')).toEqual([]);
    expect(all.filter(({ spec }) => spec?.paramKind?.kind === 'Lease')).toEqual([]);
    const [operator] = all.filter(({ kind }) => kind === 'Deployment');
    expect(operator?.spec.template.spec.containers[0].env).toContainEqual({
      name: 'FREEZE_CLOCK_LEASE',
      value: '',
    });
  });
});

describe('the admission policies', () => {
  const policies = (name: string) => objects(name, 'ValidatingAdmissionPolicy');

  it('are each bound, deny or warn, and let everything pass where there is no RolloutFreeze or Lease', () => {
    const bindings = objects('defaults', 'ValidatingAdmissionPolicyBinding');
    const named = policies('defaults').map(({ metadata }) => metadata.name);
    expect(new Set(bindings.map(({ spec }) => spec.policyName))).toEqual(new Set(named));
    expect(bindings).toHaveLength(named.length);
    expect(policies('defaults')).toHaveLength(40);
    for (const { spec } of bindings) {
      const onlyWarns = spec.policyName.startsWith('soon-');
      const isAsked = spec.policyName.startsWith('clock-check.');
      expect(spec.validationActions).toEqual(onlyWarns ? ['Warn'] : isAsked ? ['Deny'] : ['Deny', 'Audit']);
      const policy = policies('defaults').find(({ metadata }) => metadata.name === spec.policyName);
      const PARAMS: Record<string, object> = {
        Lease: {
          name: 'kube-controller-manager',
          namespace: 'kube-system',
          parameterNotFoundAction: 'Allow',
        },
        RolloutFreeze: { selector: {}, parameterNotFoundAction: 'Allow' },
        PresenceCluster: { selector: {}, parameterNotFoundAction: 'Allow' },
      };
      expect(spec.paramRef).toEqual(PARAMS[policy?.spec.paramKind?.kind]);
    }
  });

  it('leave one that names the Lease when the chart goes, which refuses only what the operator asks for', () => {
    const kept = objects('defaults').filter(
      ({ kind, metadata }) =>
        kind.startsWith('ValidatingAdmission') &&
        metadata.annotations?.['helm.sh/resource-policy'] === 'keep',
    );
    expect(kept.map(({ metadata }) => metadata.name)).toEqual([
      'clock-check.live-presence-operator.operators',
      'clock-check.live-presence-operator.operators',
    ]);
    for (const { metadata } of kept) {
      expect(metadata.annotations).toMatchObject({
        'meta.helm.sh/release-name': 'live',
        'meta.helm.sh/release-namespace': 'operators',
      });
    }
    const [policy] = kept.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
    const { LEASE_NAME } = environment('defaults');
    expect(policy?.spec.matchConstraints).toMatchObject({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'operators' } },
      resourceRules: [{ resources: ['leases'], resourceNames: [clockCheckName(LEASE_NAME as string)] }],
    });
    // The operator asks in its own namespace, also when it watches others.
    const [narrow] = objects('two namespaces', 'ValidatingAdmissionPolicyBinding').filter(({ spec }) =>
      spec.policyName.startsWith('clock-check.'),
    );
    expect(narrow?.spec.matchResources).toBeUndefined();
  });

  it('refuse what they cannot judge only where nothing but our own objects can be meant', () => {
    for (const { metadata, spec } of policies('defaults')) {
      const ours = spec.matchConstraints.resourceRules.every(
        ({ apiGroups }: { apiGroups: string[] }) => apiGroups.join() === 'presence.wedsync.io',
      );
      // Needs no RolloutFreeze, and asks first whether the request is one of ours.
      const asksFirst =
        spec.paramKind === undefined &&
        ['by-the-operator', 'our-kinds', 'changes-a-freeze', 'brings-a-freeze'].includes(
          spec.matchConditions?.[0].name,
        );
      const { objectSelector, namespaceSelector } = spec.matchConstraints;
      const narrow = ours || asksFirst || (objectSelector ?? namespaceSelector) !== undefined;
      // What kubelets write is never refused because a kind is missing, even when it is about our pods.
      // What only warns never refuses.
      const fails = narrow && !/^((freeze|clock)-pod-status\.|clock-check\.|soon-)/.test(metadata.name);
      expect([metadata.name, spec.failurePolicy]).toEqual([metadata.name, fails ? 'Fail' : 'Ignore']);
      expect(spec.matchConstraints.matchPolicy).toBe('Equivalent');
    }
  });

  it('are in a ConfigMap as they are, for the operator to put back, and the operator may write these alone', () => {
    const byName = (found: RenderedObject[]) =>
      Object.fromEntries(found.map((object) => [`${object.kind}/${object.metadata.name}`, object]));
    // Those that bind the operator itself are none of its business.
    const installed = objects('everything on').filter(
      ({ kind, metadata }) =>
        kind.startsWith('ValidatingAdmission') && !metadata.name.startsWith('operator-'),
    );
    expect(installed).toHaveLength(74);
    const configMap = objects('everything on', 'ConfigMap')[0];
    expect(byName(parseObjects(configMap?.data['policies.yaml']))).toEqual(byName(installed));
    const role = objects('everything on', 'ClusterRole').find(
      ({ metadata }) => metadata.name === POLICIES_ROLE,
    );
    const named = rules(role as RenderedObject).find(
      ({ apiGroups, resourceNames }) =>
        resourceNames !== undefined && apiGroups.join() === 'admissionregistration.k8s.io',
    );
    expect(new Set(named?.resourceNames)).toEqual(new Set(installed.map(({ metadata }) => metadata.name)));
    expect(named?.verbs).toEqual(['get', 'patch']);
  });

  it('are left alone by the operator when it is told so', async () => {
    const values = { admissionPolicies: { restore: false } };
    const all = await helm.render('presence-operator', { name: 'live', namespace: 'operators', values });
    expect(all.filter(({ metadata }) => /[:-]policies$/.test(metadata.name))).toEqual([]);
    expect(all.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy')).toHaveLength(40);
    expect(JSON.stringify(all)).toContain('{"name":"POLICIES_CONFIG_MAP","value":""}');
  });

  it('know the operator by the service account that it runs with', () => {
    const text = JSON.stringify(policies('everything on'));
    expect(text).toContain("request.userInfo.username == 'system:serviceaccount:operators:operator'");
    expect(text).toContain('in [\\"system:serviceaccount:infra:node-repair\\"]');
  });
});

describe('the chart with everything on', () => {
  it('pins the image by digest and hands the names of the pull secrets on', () => {
    expect(podSpec('everything on').containers[0].image).toBe(`example/operator@${DIGEST}`);
    expect(podSpec('everything on').imagePullSecrets).toEqual([{ name: 'one' }, { name: 'two' }]);
    expect(environment('everything on').IMAGE_PULL_SECRETS).toBe('one,two');
  });

  it('takes the pace of a rollout and of the probes, and keeps what they ask', () => {
    expect(deployment('everything on').spec.strategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: '50%', maxUnavailable: 0 },
    });
    const { containers, terminationGracePeriodSeconds } = podSpec('everything on');
    expect(terminationGracePeriodSeconds).toBe(40);
    expect(containers[0].livenessProbe).toEqual({
      httpGet: { path: '/healthz', port: 'metrics' },
      initialDelaySeconds: 5,
      periodSeconds: 10,
      timeoutSeconds: 3,
      failureThreshold: 9,
    });
    expect(containers[0].readinessProbe).toEqual({
      httpGet: { path: '/readyz', port: 'metrics' },
      initialDelaySeconds: 2,
      periodSeconds: 5,
      timeoutSeconds: 3,
      failureThreshold: 4,
    });
  });

  it('replaces all pods at once when it is told so', () => {
    expect(deployment('one replica').spec.strategy).toEqual({ type: 'Recreate' });
  });

  it('mounts newer time zone data', () => {
    expect(environment('everything on').ZONE_DATA_FILE).toBe('/etc/presence-zones/2027a.json');
    const { volumes, containers } = podSpec('everything on');
    expect(volumes).toContainEqual({ name: 'zones', configMap: { name: 'zones' } });
    expect(containers[0].volumeMounts).toContainEqual({
      name: 'zones',
      mountPath: '/etc/presence-zones',
      readOnly: true,
    });
  });

  it('takes pod labels, except those that select', () => {
    const { labels } = deployment('everything on').spec.template.metadata;
    expect(labels).toMatchObject({ team: 'weddings', 'app.kubernetes.io/name': 'presence-operator' });
  });

  it('labels every object and pod for others, and keeps its own labels', () => {
    for (const { kind, metadata } of [
      ...objects('everything on'),
      deployment('everything on').spec.template,
    ]) {
      expect(metadata.labels, kind).toMatchObject({ 'cost-centre': 'weddings' });
    }
    expect(JSON.stringify(deployment('everything on').spec.selector)).not.toContain('cost-centre');
  });

  it('places its pods where it is told, and selects them by itself', () => {
    const spec = podSpec('everything on');
    expect(spec.affinity).toEqual({ nodeAffinity: NODE_AFFINITY });
    expect(spec.topologySpreadConstraints).toEqual([
      {
        topologyKey: 'topology.kubernetes.io/zone',
        maxSkew: 1,
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: deployment('everything on').spec.selector,
      },
    ]);
  });

  it('adds variables, volumes and parts of the security context', () => {
    const { volumes, containers, securityContext } = podSpec('everything on');
    expect(environment('everything on').HTTPS_PROXY).toBe('http://proxy:3128');
    expect(volumes).toContainEqual({ name: 'ca', configMap: { name: 'ca' } });
    expect(containers[0].volumeMounts).toContainEqual({ name: 'ca', mountPath: '/etc/ca', readOnly: true });
    expect(securityContext).toMatchObject({ runAsNonRoot: true, fsGroup: 65532 });
    expect(containers[0].resources.limits).toMatchObject({ 'ephemeral-storage': '1Gi' });
  });

  it('gives pods of PresenceClusters a priority class, which stays when the chart goes', () => {
    const [ours] = objects('defaults', 'PriorityClass');
    expect(ours).toMatchObject({
      metadata: { name: 'operators-live-presence-operator-pods' },
      value: 1_000_000,
      preemptionPolicy: 'Never',
      globalDefault: false,
    });
    expect(ours?.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
    expect(objects('everything on', 'PriorityClass')).toMatchObject([
      { metadata: { name: 'weddings' }, value: 5, preemptionPolicy: 'PreemptLowerPriority' },
    ]);
    expect(environment('everything on').POD_PRIORITY_CLASS).toBe('weddings');
    expect(environment('two namespaces').POD_PRIORITY_CLASS).toBe('');
    expect(objects('two namespaces', 'PriorityClass')).toEqual([]);
  });

  it('alerts and records by the rules that promtool has tested, in its own namespace', async () => {
    const rules = async (prometheusRule: object) => {
      const values = { prometheusRule: { enabled: true, ...prometheusRule } };
      const all = await helm.render('presence-operator', {
        name: 'live',
        namespace: 'presence-system',
        values,
      });
      return all.find(({ kind }) => kind === 'PrometheusRule')?.spec;
    };
    const groupsOf = (file: string) =>
      parse(readFileSync(path.join(repository, 'manifests/monitoring', file), 'utf8')).groups;
    expect(await rules({})).toEqual({
      groups: [...groupsOf('alerts.yaml'), ...groupsOf('recording-rules.yaml')],
    });
    const page = 'https://git.example/presence/docs/runbooks/alerts.md#presenceoperatorhasnoleader';
    for (const runbookBaseUrl of ['https://git.example/presence', 'https://git.example/presence/'])
      expect((await rules({ runbookBaseUrl })).groups[0].rules[0].annotations.runbook_url).toBe(page);
    const [rule] = objects('everything on', 'PrometheusRule');
    expect(rule?.spec.groups[0].rules[0].expr).toContain('namespace="operators"');
    expect(rule?.metadata.labels).toMatchObject({ release: 'prometheus' });
    expect(objects('defaults', 'PrometheusRule')).toEqual([]);
  });

  it('brings the dashboards as they are, where the sidecar of Grafana finds them', () => {
    const maps = objects('everything on', 'ConfigMap').filter(({ metadata }) =>
      metadata.name.endsWith('-dashboard'),
    );
    const found = Object.assign({}, ...maps.map(({ data }) => data)) as Record<string, string>;
    expect(Object.keys(found).sort()).toEqual([...dashboardFiles().keys()].sort());
    for (const [name, text] of dashboardFiles())
      expect(JSON.parse(found[name] ?? '')).toEqual(JSON.parse(text));
    for (const { metadata } of maps) {
      expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' });
      expect(metadata.annotations).toEqual({ grafana_folder: 'Weddings' });
    }
    expect(JSON.stringify(objects('defaults', 'ConfigMap'))).not.toContain('grafana');
  });

  it('opens only the metrics port, and scrapes it', () => {
    expect(objects('everything on', 'NetworkPolicy')[0]?.spec).toMatchObject({
      policyTypes: ['Ingress'],
      ingress: [{ ports: [{ port: 'metrics' }] }],
    });
    const monitor = objects('everything on', 'PodMonitor').find(
      ({ metadata }) => metadata.name === 'live-presence-operator',
    );
    const endpoint = { port: 'metrics', interval: '15s', honorLabels: true };
    expect(monitor?.spec.podMetricsEndpoints).toEqual([endpoint]);
    expect(monitor?.metadata.labels).toMatchObject({ release: 'prometheus' });
    expect(objects('defaults', 'PodMonitor')).toEqual([]);
    const [service] = objects('everything on', 'ServiceMonitor');
    expect(service?.spec.endpoints).toEqual([endpoint]);
    expect(objects('everything on', 'Service')[0]?.metadata.labels).toMatchObject(
      service?.spec.selector.matchLabels,
    );
    expect(objects('defaults', 'ServiceMonitor')).toEqual([]);
  });
});

describe('the monitor of the presence pods', () => {
  const ofPresence = async (watchNamespaces: string[]) => {
    const values = { watchNamespaces, presencePodMonitor: { enabled: true } };
    const all = await helm.render('presence-operator', { name: 'live', namespace: 'operators', values });
    return all.find(({ kind }) => kind === 'PodMonitor')?.spec;
  };

  it('finds the pods that the operator makes, by their port, where it watches', async () => {
    const everywhere = await ofPresence([]);
    const owner = presenceCluster();
    const pods = presenceDeployment(owner, owner.spec, { image: 'presence:1', pullSecrets: [] });
    const { template } = pods.spec as { template: { metadata: object; spec: { containers: object[] } } };
    expect(template.metadata).toMatchObject({ labels: everywhere.selector.matchLabels });
    const [endpoint] = everywhere.podMetricsEndpoints;
    expect(template.spec.containers).toMatchObject([
      { ports: expect.arrayContaining([{ name: endpoint.port, containerPort: ADMIN_PORT }]) },
    ]);
    expect(everywhere.namespaceSelector).toEqual({ any: true });
    expect((await ofPresence(['weddings', 'weddings'])).namespaceSelector).toEqual({
      matchNames: ['weddings'],
    });
  });

  it('names the PresenceCluster of a pod as the metrics of the operator do', async () => {
    const [endpoint] = (await ofPresence([])).podMetricsEndpoints;
    const label = `__meta_kubernetes_pod_label_${LABEL.cluster.replaceAll(/[^a-z]/g, '_')}`;
    expect(endpoint.relabelings).toEqual([{ sourceLabels: [label], targetLabel: 'presencecluster' }]);
  });
});

describe('what is taken away', () => {
  const render = (values: Record<string, unknown>) =>
    helm.render('presence-operator', { name: 'live', namespace: 'operators', values });

  it('is left out of the pod', () => {
    const [container] = podSpec('nothing set').containers;
    expect(container).not.toHaveProperty('resources');
    expect(podSpec('nothing set').topologySpreadConstraints).toHaveLength(1);
  });

  it('may be the disruption budget, or count the other way', async () => {
    const budgets = async (podDisruptionBudget: object) =>
      (await render({ podDisruptionBudget })).filter(({ kind }) => kind === 'PodDisruptionBudget');
    expect(await budgets({ enabled: false })).toEqual([]);
    const [budget] = await budgets({ minAvailable: '50%' });
    expect(budget?.spec).toMatchObject({ minAvailable: '50%' });
    expect(budget?.spec).not.toHaveProperty('maxUnavailable');
    expect((await budgets({ minAvailable: 0 }))[0]?.spec).toMatchObject({ minAvailable: 0 });
  });

  it('may be the user, which OpenShift chooses', async () => {
    const all = await render({ podSecurityContext: { runAsUser: null, runAsGroup: null } });
    const [made] = all.filter(({ kind }) => kind === 'Deployment');
    expect(made?.spec.template.spec.securityContext).toEqual({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  it('may be the priority class, or be another that is there', async () => {
    const classes = async (podPriorityClass: object) => {
      const all = await render({ podPriorityClass });
      const text = JSON.stringify(all.filter(({ kind }) => kind === 'Deployment'));
      return [all.filter(({ kind }) => kind === 'PriorityClass').length, text];
    };
    const none = await classes({ create: false });
    expect(none).toEqual([0, expect.stringContaining('{"name":"POD_PRIORITY_CLASS","value":""}')]);
    const other = await classes({ create: false, name: 'high' });
    expect(other).toEqual([0, expect.stringContaining('{"name":"POD_PRIORITY_CLASS","value":"high"}')]);
  });

  it('is no variable of the chart itself', async () => {
    for (const name of [...Object.keys(environment('everything on')), 'ZONE_DATA_FILE']) {
      if (name === 'HTTPS_PROXY') continue;
      await expect(render({ extraEnv: [{ name, value: 'x' }] }), name).rejects.toThrow(`extraEnv: ${name}`);
    }
  });
});

describe('the chart itself', () => {
  it('passes helm lint --strict', async () => {
    expect(await helm.lint('presence-operator')).toContain('0 chart(s) failed');
  });

  it.each([
    ['an unknown key', { replica: 3 }, 'replica'],
    ['an unknown key below another', { image: { name: 'x' } }, 'name'],
    ['a wrong type', { replicas: 'two' }, '/replicas'],
    ['a number out of range', { replicas: 9 }, '/replicas'],
    ['an unknown level', { logLevel: 'loud' }, '/logLevel'],
    ['a tag as digest', { image: { digest: 'latest' } }, '/image/digest'],
    ['a name that is no namespace', { watchNamespaces: ['ok', 'a,b'] }, '/watchNamespaces/1'],
    ['a text for a list', { watchNamespaces: 'weddings' }, '/watchNamespaces'],
    [
      'a user that is no text',
      { admissionPolicies: { trustedUsers: [7] } },
      '/admissionPolicies/trustedUsers/0',
    ],
    ['a number as environment', { redisImages: { redis: 7 } }, '/redisImages/redis'],
    ['a list as quantity', { resources: { limits: { cpu: [1] } } }, '/resources/limits/cpu'],
  ])('refuses %s and names it', async (_what, values, named) => {
    await expect(
      helm.render('presence-operator', { name: 'live', namespace: 'operators', values }),
    ).rejects.toThrow(named);
  });

  it('tells Artifact Hub the kinds that exist and the image that it runs', () => {
    const chart = parse(readFileSync(path.join(chartDirectory('presence-operator'), 'Chart.yaml'), 'utf8'));
    const crds: { kind: string; version: string; name: string }[] = parse(
      chart.annotations['artifacthub.io/crds'],
    );
    const known = KINDS.map(({ kind, version, plural, group }) => ({
      kind,
      version,
      name: `${plural}.${group}`,
    }));
    expect(crds.map(({ kind, version, name }) => ({ kind, version, name }))).toEqual(known);
    const [image] = parse(chart.annotations['artifacthub.io/images']) as { image: string }[];
    expect(image?.image).toBe(podSpec('defaults').containers[0].image);
  });

  it('documents every key at the top', () => {
    const lines = readFileSync(path.join(chartDirectory('presence-operator'), 'values.yaml'), 'utf8').split(
      '\n',
    );
    const undocumented = lines.filter((line, index) => {
      const opens = /^( *)[a-zA-Z]+:/.exec(line);
      return opens?.[1] === '' && !lines[index - 1]?.startsWith('#') && lines[index + 1]?.trim()[0] !== '#';
    });
    expect(undocumented).toEqual([]);
  });
});
