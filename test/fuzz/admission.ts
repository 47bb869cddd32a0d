import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureTools } from '../cluster/tools.ts';
import {
  type Actor,
  type Answer,
  type Call,
  JSON_PATCH,
  MERGE_PATCH,
  type PolicyServer,
  startPolicyServer,
  until,
} from '../integration/admission/policy-server.ts';
import * as world from '../integration/admission/wedding-world.ts';
import { randomOf } from '../soak/random.ts';
import { mutateJson } from './mutate-json.ts';
import type { Random } from './random-number.ts';
import { shrink } from './shrink.ts';

const HOUR_SECONDS = 3_600;
/** What the API server says when a policy could not be evaluated, whatever the object; a refusal of ours says none of it. */
const EVALUATION_ERROR =
  /resulted in error|no such (key|overload|attribute)|cost budget|failed to evaluate|error evaluating/i;
const REQUESTS_A_REPORT = 500;
const MAX_TRIES = 300;

const OBJECTS = [
  ...[`${world.CLUSTER}-presence`, `${world.NEIGHBOUR}-presence`].map((name) =>
    world.apps('deployments', name),
  ),
  world.apps('statefulsets', `${world.CLUSTER}-redis-0`),
  world.apps('replicasets', world.REPLICA_SET),
  ...[world.PRESENCE_POD, world.REDIS_POD].map((name) => world.core('pods', name)),
  world.core('persistentvolumeclaims', world.CLAIM),
  world.core('services', `${world.CLUSTER}-presence`),
  world.core('serviceaccounts', `${world.CLUSTER}-redis`),
  world.core('configmaps', world.PROBE),
  world.budget(`${world.CLUSTER}-presence`),
  world.networkPolicy(`${world.CLUSTER}-presence`),
  world.ours('presenceclusters', world.CLUSTER),
  world.ours('rolloutfreezes', world.CLUSTER),
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/presenceclusters.presence.wedsync.io',
  `/api/v1/namespaces/${world.NAMESPACE}`,
];
const SUBRESOURCES = ['', '', '', '', '/status', '/scale', '/resize', '/ephemeralcontainers', '/eviction'];
const WORDS = [
  'metadata',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
  'spec',
  'template',
  'status',
  'presence.wedsync.io/cluster',
  'app.kubernetes.io/managed-by',
  'app.kubernetes.io/component',
  'presence-operator',
  'redis',
  'replicas',
  'containers',
  'image',
  'name',
  'presence',
  world.CLUSTER,
  world.NEIGHBOUR,
  'selector',
  'matchLabels',
  'windows',
];

interface Try {
  actor: Actor;
  call: Call;
}

/**
 * Random changes of our objects, on dry runs against a real API server with our policies. A policy may refuse or not; it never
 * fails to answer. Returns whether all did.
 */
export async function fuzzAdmission(seed: number, seconds: number, directory: string): Promise<boolean> {
  await ensureTools();
  const random = randomOf(seed);
  const server = await startPolicyServer(world.RIGHTS);
  try {
    await world.makeWorld(server);
    await world.writeFreeze(server, {
      phase: 'Frozen',
      windows: [world.window(-HOUR_SECONDS, HOUR_SECONDS)],
    });
    await findPlanted(server);
    const live = await liveObjects(server);
    const end = performance.now() + seconds * 1_000;
    const codes = new Map<number, number>();
    let requests = 0;
    for (; performance.now() < end; requests++) {
      const attempt = nextTry(live, random);
      const answer = await server.ask(attempt.actor, attempt.call);
      codes.set(answer.code, (codes.get(answer.code) ?? 0) + 1);
      if (isBroken(answer)) {
        const file = path.join(directory, `admission-${seed}.json`);
        writeFileSync(file, await smallestTry(server, attempt));
        console.log(`admission: FOUND ${answer.code} ${answer.message}\n  the request is ${file}`);
        return false;
      }
      if (requests % REQUESTS_A_REPORT === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const failed = await evaluationErrors(server);
    const told = [...codes]
      .sort(([one], [other]) => one - other)
      .map(([code, count]) => `${count} × ${code}`);
    console.log(`admission: ${requests} requests (${told.join(', ')}), ${failed} errors of policies`);
    return failed === 0;
  } finally {
    await server.stop();
  }
}

/** A policy that cannot be evaluated, planted, so that a search that would not see one ends here. */
async function findPlanted(server: PolicyServer): Promise<void> {
  const [apiVersion, name] = ['admissionregistration.k8s.io/v1', 'planted'];
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] };
  const plant = async (kind: string, plural: string, spec: object): Promise<string> => {
    const place = `/apis/${apiVersion}/${plural}`;
    const body = { apiVersion, kind, metadata: { name }, spec };
    await server.must(world.ACTORS.admin, { method: 'POST', path: place, body });
    return `${place}/${name}`;
  };
  const planted = [
    await plant('ValidatingAdmissionPolicy', 'validatingadmissionpolicies', {
      matchConstraints: { resourceRules: [rule] },
      matchConditions: [{ name, expression: `object.metadata.name == '${name}'` }],
      validations: [{ expression: "object.data.missing == 'x'" }],
    }),
    await plant('ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings', {
      policyName: name,
      validationActions: ['Deny'],
    }),
  ];
  const metadata = { name, namespace: world.NAMESPACE };
  const call: Call = {
    method: 'POST',
    path: world.core('configmaps', '').slice(0, -1),
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { there: 'x' } },
    dryRun: true,
  };
  await until('the planted policy is found', async () =>
    isBroken(await server.ask(world.ACTORS.admin, call)),
  );
  for (const place of planted) await server.must(world.ACTORS.admin, { method: 'DELETE', path: place });
}

async function liveObjects(server: PolicyServer): Promise<Map<string, string>> {
  const live = new Map<string, string>();
  for (const object of OBJECTS) {
    const { body } = await server.must(world.ACTORS.admin, { method: 'GET', path: object });
    live.set(object, JSON.stringify(body));
  }
  return live;
}

function nextTry(live: ReadonlyMap<string, string>, random: Random): Try {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const actor = pick(Object.values(world.ACTORS));
  const object = pick(OBJECTS);
  const target = object + pick(SUBRESOURCES);
  const text = live.get(object) as string;
  const mutated = JSON.parse(mutateJson(text, WORDS, random) ?? text) as unknown;
  // What is no object at all reaches no policy.
  const isObject = typeof mutated === 'object' && mutated !== null && !Array.isArray(mutated);
  const changed = (isObject ? mutated : JSON.parse(text)) as Record<string, unknown>;
  const common = { dryRun: true, fieldManager: `fuzz-${Math.floor(random() * 1e9)}` };
  switch (Math.floor(random() * 6)) {
    case 0:
      return { actor, call: { method: 'DELETE', path: object, dryRun: true } };
    case 1:
      return {
        actor,
        call: { method: 'PATCH', path: target, type: MERGE_PATCH, body: mergeOf(changed, random), ...common },
      };
    case 2:
      return {
        actor,
        call: {
          method: 'PATCH',
          path: target,
          type: JSON_PATCH,
          body: removalOf(changed, random),
          ...common,
        },
      };
    case 3:
      return {
        actor,
        call: {
          method: 'POST',
          path: object.slice(0, object.lastIndexOf('/')),
          body: renamed(changed),
          ...common,
        },
      };
    default:
      return { actor, call: { method: 'PUT', path: target, body: changed, ...common } };
  }
}

/** One member of a changed object, so that the rest stays as it is. */
function mergeOf(changed: Record<string, unknown>, random: Random): object {
  const [key, value] = Object.entries(changed)[Math.floor(random() * Object.keys(changed).length)] ?? [
    'spec',
    null,
  ];
  return { [key]: value };
}

/** One or two members that are there, taken away: what a policy reads may be missing. */
function removalOf(object: unknown, random: Random): object[] {
  let place = '';
  let at = object;
  while (
    typeof at === 'object' &&
    at !== null &&
    Object.keys(at).length > 0 &&
    (place === '' || random() < 0.7)
  ) {
    const keys = Object.keys(at);
    const key = keys[Math.floor(random() * keys.length)] as string;
    place += `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    at = (at as Record<string, unknown>)[key];
  }
  return [{ op: 'remove', path: place }];
}

function renamed(object: Record<string, unknown>): object {
  const metadata = object.metadata as Record<string, unknown> | undefined;
  const { resourceVersion: _version, uid: _uid, managedFields: _fields, ...rest } = metadata ?? {};
  return { ...object, metadata: { ...rest, name: 'fuzz' } };
}

/** Other errors of the API server are its own: it answers 500 to a resourceVersion that is no number. */
function isBroken({ code, message }: Answer): boolean {
  return EVALUATION_ERROR.test(message) || (code >= 500 && message.includes('ValidatingAdmissionPolicy'));
}

/** The request with as little of its body as still breaks a policy. */
async function smallestTry(server: PolicyServer, { actor, call }: Try): Promise<string> {
  const fails = async (text: Uint8Array): Promise<boolean> => {
    try {
      const body = JSON.parse(Buffer.from(text).toString()) as unknown;
      return isBroken(await server.ask(actor, { ...call, body }));
    } catch {
      return false;
    }
  };
  const body = Buffer.from(JSON.stringify(call.body ?? null));
  const smallest = Buffer.from(await shrink(body, fails, MAX_TRIES)).toString();
  return JSON.stringify({ actor, call: { ...call, body: JSON.parse(smallest) as unknown } }, undefined, 2);
}

/** What the API server itself has counted; by its counters a refusal and an expression without a value are the same. */
async function evaluationErrors(server: PolicyServer): Promise<number> {
  const metrics = await server.kinds.client.raw('/metrics');
  const counters = metrics.matchAll(/^apiserver_validating_admission_policy_check_total\{(.*)\} (\S+)$/gm);
  let failed = 0;
  let all = 0;
  for (const [, labels = '', count] of counters) {
    all += Number(count);
    if (/error_type="(compile_error|out_of_budget)"/.test(labels)) failed += Number(count);
  }
  if (all === 0) throw new Error('the API server has counted no check of a policy');
  return failed;
}
