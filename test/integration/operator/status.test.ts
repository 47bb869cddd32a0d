import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHILD_TYPES, ownType } from '../../../src/operator/objects/kinds.ts';
import { builtin, type KubeObject, type ResourceType } from '../../../src/platform/kube/resource.ts';
import { createLogger } from '../../../src/platform/telemetry/log.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { OperatorWorld, PERSON, type RunningOperator } from './operator-world.ts';
import { PODS, RedisPods } from './redis-pods.ts';

/** Of the real clock: the servers check by it the certificates that the operator makes by the other. */
const BEGIN = Math.floor(Date.now() / 1000) * 1000;
const NAMESPACE = 'status';
/** When the operator sends again by itself what was refused, counted from the first time. */
const OWN_RETRIES_MS = [30_000, 210_000];
/** Factor 1 all year, so that only the spec changes the number of presence pods. */
const scaling = (baselineReplicas: number) => ({
  baselineReplicas,
  seasonMultipliers: Object.fromEntries(Array.from({ length: 12 }, (_, month) => [String(month + 1), 1])),
  peaks: [],
});

let world: OperatorWorld;
let operator: RunningOperator;
let redis: RedisPods;
const lines: string[] = [];
const log = createLogger({
  name: 'presence-operator',
  level: 'debug',
  destination: { write: (line: string) => void lines.push(line.trimEnd()) },
});

beforeAll(async () => {
  const { valkeyServer } = await ensureTools();
  world = await OperatorWorld.start();
  world.clock.set(new Date(BEGIN).toISOString());
  operator = world.startOperator({}, log);
  await world.makeNamespace(NAMESPACE);
  redis = await RedisPods.in(world, valkeyServer, NAMESPACE, '127.57');
}, 600_000);

afterAll(async () => {
  await world?.close();
  await redis?.close();
});

async function conditionOf(type: string, namespace = NAMESPACE) {
  return (await world.cluster(namespace)).status?.conditions?.find((each) => each.type === type);
}

async function said(type: string, namespace = NAMESPACE): Promise<string> {
  const found = await conditionOf(type, namespace);
  return found === undefined ? 'none' : `${found.status} ${found.reason}: ${found.message}`;
}

function untilSaid(type: string, pattern: RegExp, namespace = NAMESPACE): Promise<string> {
  return world.until(`${type} is ${pattern}`, async () => {
    const text = await said(type, namespace);
    if (!pattern.test(text)) throw new Error(text);
    return text;
  });
}

/** Lets the clock show a later time, and the operator look. @returns the time in ms, to the second */
async function laterByMinutes(count: number): Promise<number> {
  const later = Math.floor(world.clock.now().getTime() / 1000) * 1000 + count * 60_000;
  world.clock.set(new Date(later).toISOString());
  await world.letPass(operator, NAMESPACE, 2);
  return later;
}

async function presencePod(name: string): Promise<void> {
  const deployment = await world.until('the Deployment is there', () =>
    world.client.get(builtin.Deployment, NAMESPACE, 'wedsync-presence'),
  );
  const { template } = deployment.spec as {
    template: { metadata: { labels: Record<string, string> }; spec: object };
  };
  const metadata = { name, namespace: NAMESPACE, labels: template.metadata.labels };
  await world.client.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec }, PERSON);
  await podStatus(name, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
}

function podStatus(name: string, status: object): Promise<KubeObject> {
  return world.client.patch(builtin.Pod, NAMESPACE, name, { status }, { ...PERSON, subresource: 'status' });
}

const removePod = (name: string) =>
  world.client.delete(builtin.Pod, NAMESPACE, name, { gracePeriodSeconds: 0 });
const warnings = (namespace = NAMESPACE) => world.warnings(namespace);

it('a healthy creation warns of nothing, and is Ready when every shard has its replica', async () => {
  await world.makeCluster(NAMESPACE, { scaling: scaling(2) });
  await untilSaid('Reconciling', /^True Starting/);
  for (const name of ['p-1', 'p-2']) await presencePod(name);
  await world.until(
    'the Secrets are there',
    async () => (await world.client.get(builtin.Secret, NAMESPACE, 'wedsync-redis-tls')) !== undefined,
  );
  await redis.mountSecrets();
  for (const { shard, ordinal } of PODS) await redis.run(shard, ordinal);
  await untilSaid('Ready', /^True Ready/);
  await untilSaid('RedisReplicated', /^True Replicated/);
  expect(await said('Stalled')).toBe('none');
  await world.untilQuiet(operator, NAMESPACE);
  expect(await warnings()).toEqual([]);
  const told = await world.events(NAMESPACE);
  expect(new Set(told).size).toBe(told.length);
}, 300_000);

it('a scale-out does not change Ready, and a condition says how many pods are starting', async () => {
  const before = await world.until('it is Ready', async () => {
    const found = await conditionOf('Ready');
    return found?.status === 'True' && found;
  });
  await world.makeCluster(NAMESPACE, { scaling: scaling(4) });
  await untilSaid('PresenceStarting', /^True PodsStarting: 2 of 4 presence pods are starting/);
  await presencePod('p-3');
  await untilSaid('PresenceStarting', /1 of 4/);
  await world.untilStatus('Ready is as it was', NAMESPACE, ({ conditions = [] }) => {
    const ready = conditions.find(({ type }) => type === 'Ready');
    const redisAvailable = conditions.find(({ type }) => type === 'RedisAvailable');
    const lastTransitionTime = expect.toBeOneOf([
      before.lastTransitionTime,
      // A primary that stood still took Ready away, and gave it back.
      redisAvailable?.lastTransitionTime,
    ]);
    expect(ready).toEqual({ ...before, observedGeneration: 2, lastTransitionTime });
  });
  // One of those that served is gone, and another has come: as many serve as before.
  await removePod('p-1');
  await untilSaid('Ready', /^False PresenceNotReady/);
  for (const name of ['p-1', 'p-4']) await presencePod(name);
  await untilSaid('Ready', /^True/);
  await untilSaid('PresenceStarting', /^False AllReady/);
}, 300_000);

it('a status that does not change is confirmed once a minute', async () => {
  world.clock.hold();
  await world.untilQuiet(operator, NAMESPACE, 3);
  const before = (await world.cluster(NAMESPACE)).status;
  const later = await laterByMinutes(2);
  const { observedAt: _, ...after } = await world.untilStatus(
    'it is confirmed',
    NAMESPACE,
    ({ observedAt }) => {
      return Date.parse(observedAt ?? '') >= later;
    },
  );
  // Certificates are looked at less often than the rest, so that their entry may change now.
  for (const field of ['presence', 'scaling', 'freeze', 'acceptedSpec', 'observedEverySeconds'] as const)
    expect(after[field]).toEqual(before?.[field]);
}, 300_000);

describe('a shard without its replica', () => {
  it('is named with the pod and its cause once it lasts, and one Warning tells it', async () => {
    await world.untilQuiet(operator, NAMESPACE);
    const replica = await world.until('there is a replica of shard 0', async () => {
      return (await world.cluster(NAMESPACE)).status?.redis?.shards[0]?.replicas[0];
    });
    const set = await world.client.get(builtin.StatefulSet, NAMESPACE, 'wedsync-redis-0');
    const { template } = (set as KubeObject).spec as {
      template: { metadata: { labels: Record<string, string> }; spec: object };
    };
    await removePod(replica);
    const metadata = { name: replica, namespace: NAMESPACE, labels: template.metadata.labels };
    await world.client.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec }, PERSON);
    const message = '0/3 nodes are available: 3 Insufficient memory.';
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }];
    await podStatus(replica, { phase: 'Pending', conditions });
    await untilSaid('RedisReplicated', /^False ReplicasStarting/);
    await untilSaid('Ready', /^True/);
    expect(await warnings()).toEqual([]);
    await laterByMinutes(2);
    await world.until('the missing replica is named', async () => {
      const text = await said('RedisReplicated');
      expect(text).toMatch(/^False ReplicasMissing/);
      expect(text).toContain(`Shard 0 has 0 of 1 replica: Pod ${replica}: ${message}`);
      return true;
    });
    await untilSaid('Ready', /^False ReplicasMissing: Shard 0 /);
    await world.until('it is told', async () => (await warnings()).length > 0);
    await world.letPass(operator, NAMESPACE, 3);
    expect(await warnings()).toEqual([
      expect.stringContaining(`ReplicasMissing PresenceCluster/wedsync: Shard 0`),
    ]);
  }, 300_000);

  it('names the quota that refuses its pod, as the event of the StatefulSet controller has it', async () => {
    const missing = await untilSaid('RedisReplicated', /Pod \S+:/);
    const replica = (missing.match(/Pod (\S+):/) ?? [])[1] ?? '';
    await removePod(replica);
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'small', namespace: NAMESPACE },
    };
    const type = {
      group: '',
      version: 'v1',
      kind: 'ResourceQuota',
      plural: 'resourcequotas',
      namespaced: true,
    };
    const hard = { pods: '0' };
    await createQuota(quota, hard, type);
    const set = await world.client.get(builtin.StatefulSet, NAMESPACE, 'wedsync-redis-0');
    const { template } = (set as KubeObject).spec as {
      template: { metadata: { labels: object }; spec: object };
    };
    // The message is what the API server says; the event is what the StatefulSet controller makes of it.
    const refusal = await world.until('the quota is in effect', async () => {
      const metadata = { name: 'probe', namespace: NAMESPACE, labels: {} };
      return world.client
        .create({ apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec }, { ...PERSON, dryRun: true })
        .then(() => undefined)
        .catch(({ message }: Error) => message.includes('exceeded quota: small') && message);
    });
    const options = { ...PERSON, subresource: 'status' };
    const status = { replicas: 1, observedGeneration: set?.metadata.generation };
    await world.client.patch(builtin.StatefulSet, NAMESPACE, 'wedsync-redis-0', { status }, options);
    await world.client.create(failedCreate(set as KubeObject, refusal), PERSON);
    await untilSaid(
      'RedisReplicated',
      /pods of StatefulSet wedsync-redis-0 are refused: .*exceeded quota: small/i,
    );
  }, 300_000);
});

async function createQuota(
  quota: KubeObject,
  hard: object,
  type: Parameters<OperatorWorld['client']['patch']>[0],
): Promise<void> {
  // No quota controller runs here: its status, which admission goes by, is written as that would write it.
  await world.clientFor([type]).create({ ...quota, spec: { hard } }, PERSON);
  const status = { hard, used: { pods: '0' } };
  const options = { ...PERSON, subresource: 'status' };
  await world.client.patch(type, NAMESPACE, quota.metadata.name, { status }, options);
}

function failedCreate({ kind, metadata }: KubeObject, refusal: string): KubeObject {
  const regarding = {
    apiVersion: 'apps/v1',
    kind,
    name: metadata.name,
    namespace: NAMESPACE,
    uid: metadata.uid,
  };
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'wedsync-redis-0.1', namespace: NAMESPACE },
    eventTime: `${world.clock.now().toISOString().slice(0, -1)}000Z`,
    type: 'Warning',
    regarding,
    reason: 'FailedCreate',
    action: 'Create',
    note: `create Pod failed error: ${refusal}`,
    reportingController: 'statefulset-controller',
    reportingInstance: 'test',
  } as KubeObject;
}

it('a spec that is not accepted is neither Ready nor waited for, while the last one serves', async () => {
  await world.makeCluster(NAMESPACE, { scaling: scaling(4), timeZone: 'Mars/Olympus' });
  await untilSaid('Stalled', /^True NotAccepted: .*Mars\/Olympus/);
  expect(await said('Reconciling')).toBe('none');
  expect(await said('Ready')).toMatch(/^False/);
  await untilSaid('RedisAvailable', /^True/);
  await world.makeCluster(NAMESPACE, { scaling: scaling(4) });
  await world.until('it is accepted', async () => (await said('Stalled')) === 'none');
}, 300_000);

it('an object that is refused is not sent again with each pass, and one Warning tells it', async () => {
  const namespace = await world.makeNamespace('refused');
  const tries = async () => {
    const metrics = await world.client.raw('/metrics');
    const counted = metrics.match(
      /^apiserver_request_total\{code="422",[^}]*resource="services"[^}]*\} (\d+)/m,
    );
    return Number(counted?.[1] ?? 0);
  };
  const before = await tries();
  const began = performance.now();
  await world.makeCluster(namespace, { presence: { service: { type: 'NodePort', nodePort: 80 } } });
  await untilSaid('Stalled', /^True ObjectsRefused: .*wedsync-presence/, namespace);
  await world.letPass(operator, namespace, 6);
  const known = await tries();
  /** Those that nobody asked for, at most. */
  const ownTries = () => 1 + OWN_RETRIES_MS.filter((ms) => performance.now() - began >= ms).length;
  expect(known - before).toBeGreaterThanOrEqual(1);
  expect(known - before).toBeLessThanOrEqual(ownTries());
  const refusals = async () =>
    (await warnings(namespace)).filter((event) => /ApplyFailed|Refused/.test(event));
  await world.until('it is told', async () => (await refusals()).length > 0);
  expect(await refusals()).toHaveLength(1);
  // Asked for by a person, it is tried at once.
  const annotations = { 'presence.wedsync.io/retry': 'now' };
  await world.client.patch(
    ownType('PresenceCluster'),
    namespace,
    'wedsync',
    { metadata: { annotations } },
    PERSON,
  );
  await world.until('it is tried more often than by itself', async () => {
    const all = (await tries()) - before;
    return all > ownTries();
  });
}, 300_000);

describe('a PresenceCluster that is deleted', () => {
  const remove = (propagationPolicy: 'Background' | 'Foreground') =>
    world.client.delete(ownType('PresenceCluster'), NAMESPACE, 'wedsync', { propagationPolicy });
  const setFinalizers = (finalizers: string[]) =>
    world.client.patch(
      ownType('PresenceCluster'),
      NAMESPACE,
      'wedsync',
      { metadata: { finalizers } },
      PERSON,
    );

  it('and that a finalizer holds says so, and is kept up', async () => {
    await setFinalizers(['example.com/backup']);
    await remove('Background');
    await untilSaid('Ready', /^False Deleting: .*example\.com\/backup/);
    await world.client.delete(builtin.Service, NAMESPACE, 'wedsync-presence');
    await world.until('its Service is back', () =>
      world.client.get(builtin.Service, NAMESPACE, 'wedsync-presence'),
    );
  }, 300_000);

  it('with its objects first says what is left, and gets no object back', async () => {
    await remove('Foreground');
    await setFinalizers(['foregroundDeletion']);
    await untilSaid('Reconciling', /^True Deleting: .* presence pods/);
    await world.client.delete(builtin.Service, NAMESPACE, 'wedsync-presence');
    await world.letPass(operator, NAMESPACE, 3);
    expect(await world.client.get(builtin.Service, NAMESPACE, 'wedsync-presence')).toBeUndefined();
    await setFinalizers([]);
    await world.until('it is gone', async () => {
      return (await world.client.get(ownType('PresenceCluster'), NAMESPACE, 'wedsync')) === undefined;
    });
  }, 300_000);
});

it('the log has a line for each of these things, and no key twice in a line', async () => {
  // The operator reads of the deletion after the API server has answered this test.
  await world.until('the log says that it is gone', () =>
    Promise.resolve(lines.some((line) => line.includes('PresenceCluster is gone'))),
  );
  for (const line of lines) expect(line).toBe(JSON.stringify(JSON.parse(line)));
  const told = lines.map((line) => JSON.parse(line) as Record<string, string>);
  const ours = told.filter(({ namespace, level }) => namespace === NAMESPACE && level !== 'debug');
  const messages = ours.map(({ msg }) => msg);
  for (const message of [
    'PresenceCluster is new',
    'PresenceCluster has another spec',
    'PresenceCluster is gone',
  ])
    expect(messages).toContain(message);
  const reasons = new Set(ours.map(({ reason }) => reason));
  for (const reason of ['RedisStep', 'ReplicasMissing', 'UnknownTimeZone', 'Ready'])
    expect(reasons).toContain(reason);
});

/** An object of every kind, and all Secrets. */
const REFUSABLE = [
  'ConfigMap/wedsync-redis-live-config',
  'Service/wedsync-redis',
  'ServiceAccount/wedsync-redis',
  'PodDisruptionBudget/wedsync-redis',
  'NetworkPolicy/wedsync-redis',
  'Deployment/wedsync-presence',
  'StatefulSet/wedsync-redis-0',
  'RolloutFreeze/wedsync',
  'Secret/wedsync-redis-acl',
  'Secret/wedsync-redis-ca',
  'Secret/wedsync-redis-tls',
  'Secret/wedsync-presence-auth',
];

it('an object of any kind that a policy refuses is named, and all others are made', async () => {
  const policies = await refusePerNamespace();
  const kinds = new Set(REFUSABLE.map((key) => key.split('/')[0]));
  expect(kinds).toEqual(new Set([...CHILD_TYPES.map(({ kind }) => kind), 'Secret']));
  await Promise.all(
    REFUSABLE.map(async (key, index) => {
      const namespace = `refuses-${index}`;
      const label = key.replace('/', '_');
      await world.client.apply(policies.namespace(namespace, label), PERSON);
      await policies.untilRefused(namespace);
      await world.makeCluster(namespace);
      const name = key.split('/')[1] ?? '';
      await untilSaid('ChildrenApplied', new RegExp(`^False Refused: .*\\b${name}\\b.*${POLICY}`), namespace);
      await untilSaid('Stalled', /^True ObjectsRefused/, namespace);
      expect(await said('Ready', namespace)).toMatch(/^False/);
      await world.until(`all but ${key} is made`, async () => {
        const made = [...(await world.children(namespace)).keys()];
        const { items } = await world.client.list(builtin.Secret, { namespace });
        made.push(...items.map(({ metadata }) => `Secret/${metadata.name}`));
        // What is copied of the authority needs it.
        const waits = key === 'Secret/wedsync-redis-ca' ? ['Secret/wedsync-redis-tls'] : [];
        const missing = REFUSABLE.filter(
          (each) => !made.includes(each) && each !== key && !waits.includes(each),
        );
        if (missing.length > 0) throw new Error(`${missing.join(', ')} is missing`);
        return true;
      });
      // What was refused is made once it is allowed and asked for.
      await world.client.apply(policies.namespace(namespace, 'nothing'), PERSON);
      await policies.untilAllowed(namespace);
      const asked = { metadata: { annotations: { 'presence.wedsync.io/retry': 'now' } } };
      await world.client.patch(ownType('PresenceCluster'), namespace, 'wedsync', asked, PERSON);
      await untilSaid('ChildrenApplied', /^True Applied/, namespace);
    }),
  );
}, 300_000);

const POLICY = 'refuses-by-label';

/** A policy that refuses, in each namespace, what its label `refuses` names as `Kind_name` and what is called `probe`, unless that is `nothing`. */
async function refusePerNamespace() {
  const group = 'admissionregistration.k8s.io';
  const type = (kind: string, plural: string): ResourceType => ({
    group,
    version: 'v1',
    kind,
    plural,
    namespaced: false,
  });
  const client = world.clientFor([
    type('ValidatingAdmissionPolicy', 'validatingadmissionpolicies'),
    type('ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings'),
  ]);
  const any = ['*'];
  const rules = {
    apiGroups: any,
    apiVersions: any,
    resources: any,
    operations: ['CREATE'],
    scope: 'Namespaced',
  };
  const refuses = 'namespaceObject.metadata.labels.refuses';
  const isNamed = `object.metadata.name == "probe" || ${refuses} == request.kind.kind + "_" + object.metadata.name`;
  const expression = `${refuses} == "nothing" || !(${isNamed})`;
  const make = (kind: string, spec: object) =>
    client.create(
      { apiVersion: `${group}/v1`, kind, metadata: { name: POLICY }, spec } as KubeObject,
      PERSON,
    );
  await make('ValidatingAdmissionPolicy', {
    matchConstraints: {
      resourceRules: [rules],
      namespaceSelector: { matchExpressions: [{ key: 'refuses', operator: 'Exists' }] },
    },
    validations: [{ expression }],
  });
  await make('ValidatingAdmissionPolicyBinding', { policyName: POLICY, validationActions: ['Deny'] });
  const namespace = (name: string, refuses: string): KubeObject => {
    return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { refuses } } };
  };
  // Policies and labels of namespaces take effect a moment after they are written.
  const untilItIs = (what: 'refused' | 'allowed') => (name: string) =>
    world.until(`a Secret is ${what} in ${name}`, async () => {
      const probe = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'probe', namespace: name } };
      const answer = await world.client
        .create(probe, { ...PERSON, dryRun: true })
        .catch(({ message }: Error) => message);
      return typeof answer === 'string' ? what === 'refused' && answer.includes(POLICY) : what === 'allowed';
    });
  return { namespace, untilRefused: untilItIs('refused'), untilAllowed: untilItIs('allowed') };
}
