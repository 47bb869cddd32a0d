import { execFile } from 'node:child_process';
import { Agent } from 'undici';
import { stringify } from 'yaml';
import { openHelm } from '../../chart/helm.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type InstalledKinds, startWithKinds } from '../installed-kinds.ts';
import type { KubeApiServerOptions } from '../kube-apiserver.ts';

/** Somebody who asks the API server for something. */
export interface Actor {
  user: string;
  groups: readonly string[];
}

export interface Answer {
  code: number;
  message: string;
  /** Texts of the headers `Warning`. */
  warnings: string[];
  // biome-ignore lint/suspicious/noExplicitAny: the shape of any Kubernetes object; tests name the fields they read.
  body: any;
}

export interface Call {
  method: string;
  path: string;
  body?: unknown;
  type?: string;
  dryRun?: boolean;
  fieldManager?: string;
}

/** A real API server with our kinds and our admission policies, and no controller or operator at all. */
export interface PolicyServer {
  kinds: InstalledKinds;
  ask(actor: Actor, call: Call): Promise<Answer>;
  /** As {@link ask}; throws unless it is accepted. */
  must(actor: Actor, call: Call): Promise<Answer>;
  kubectl(actor: Actor, args: readonly string[], input?: string): Promise<{ code: number; text: string }>;
  stop(): Promise<void>;
}

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE_PATCH = 'application/merge-patch+json';
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
export const APPLY_PATCH = 'application/apply-patch+yaml';

/** Where the chart is installed in these tests. */
export const RELEASE = { name: 'presence-operator', namespace: 'presence-system' };
/** In `system:masters`: RBAC never stops it. */
export const ADMIN: Actor = { user: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

const ADMISSION_API = '/apis/admissionregistration.k8s.io/v1';
/** No object of this name exists; the requests that try it are dry runs. */
const MARKER = 'policies-in-force';

export async function startPolicyServer(
  more: readonly object[] = [],
  {
    policies = true,
    values = {},
    ...options
  }: KubeApiServerOptions & { policies?: boolean; values?: Record<string, unknown> } = {},
): Promise<PolicyServer> {
  const { kubectl: program } = await ensureTools();
  const kinds = await startWithKinds(options);
  const { server } = kinds;
  const agent = new Agent({ allowH2: false, connect: { ca: server.ca } });

  const ask = async (actor: Actor, call: Call): Promise<Answer> => {
    const { statusCode, headers, body } = await agent.request({
      origin: server.server,
      path: target(call),
      method: call.method as 'GET',
      // As a flat list, because an object holds one header of a name; over HTTP/2 undici makes one of it.
      headers: [
        ...['authorization', `Bearer ${server.token}`, 'impersonate-user', actor.user],
        ...actor.groups.flatMap((group) => ['impersonate-group', group]),
        ...['content-type', call.type ?? 'application/json', 'user-agent', 'admission-test'],
      ],
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    const text = await body.text();
    const parsed = text.startsWith('{') ? JSON.parse(text) : { message: text };
    const warnings = [headers.warning ?? []].flat();
    return { code: statusCode, message: parsed.message ?? '', warnings, body: parsed };
  };
  const must = async (actor: Actor, call: Call): Promise<Answer> => {
    const answer = await ask(actor, call);
    if (answer.code >= 300) throw new Error(`${call.method} ${call.path}: ${answer.code} ${answer.message}`);
    return answer;
  };
  const kubectl: PolicyServer['kubectl'] = (actor, args, input = '') =>
    new Promise((resolve) => {
      const as = [`--as=${actor.user}`, ...actor.groups.map((group) => `--as-group=${group}`)];
      const argv = ['--kubeconfig', server.kubeconfig, ...as, ...args];
      const child = execFile(program, argv, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, text: stdout + stderr }),
      );
      child.stdin?.end(input);
    });
  const stop = async (): Promise<void> => {
    await agent.destroy();
    await kinds.stop();
  };
  try {
    const objects = [...(await chartObjects(policies, values)), ...more];
    const applied = await kubectl(
      ADMIN,
      ['apply', '--server-side', '-f', '-'],
      objects.map((object) => stringify(object)).join('---\n'),
    );
    if (applied.code !== 0 || /warning/i.test(applied.text)) throw new Error(applied.text);
    if (policies) await policiesInForce({ ask, must });
  } catch (error) {
    await stop();
    throw error;
  }
  return { kinds, ask, must, kubectl, stop };
}

function target({ path, type, dryRun, fieldManager }: Call): string {
  const query = new URLSearchParams({
    ...(dryRun ? { dryRun: 'All' } : {}),
    ...(fieldManager ? { fieldManager } : {}),
    ...(type === APPLY_PATCH ? { force: 'true' } : {}),
  });
  return query.size > 0 ? `${path}${path.includes('?') ? '&' : '?'}${query.toString()}` : path;
}

/** The chart with its default values and some others, or without its policies. */
async function chartObjects(policies: boolean, others: Record<string, unknown>): Promise<object[]> {
  const helm = await openHelm();
  const values = policies ? others : { ...others, admissionPolicies: { enabled: false } };
  const rendered = await helm.render('presence-operator', { ...RELEASE, values });
  const namespaces = [RELEASE.namespace].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  }));
  return [...namespaces, ...rendered];
}

/**
 * Returns when the API server judges by every policy and binding that was written before.
 *
 * The API server answers a write of a policy at once, and compiles it later: once per second it takes what
 * its caches hold, compiles all of it, and replaces all policies in one step. On a busy machine the first
 * such step may hold half of a chart, and the second may follow many seconds later.
 *
 * Its caches follow the order of the writes. A marker that refuses something has been compiled in one step
 * with all bindings written before it. The second marker is there because a step looks up each policy on its
 * own: once the first marker is in force, all policies are in the cache, and the step of the second one finds them.
 */
async function policiesInForce(server: Pick<PolicyServer, 'ask' | 'must'>): Promise<void> {
  for (const name of [`${MARKER}-1`, `${MARKER}-2`]) {
    await makeMarker(server, name);
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
    const call = { method: 'POST', path: '/api/v1/namespaces/default/configmaps', dryRun: true, body };
    // An API server that is new may refuse it for another reason, such as a namespace that is not there yet.
    await until(`${name} refuses`, async () => (await server.ask(ADMIN, call)).message.includes(`'${name}'`));
  }
  for (const name of [`${MARKER}-1`, `${MARKER}-2`]) {
    await server.must(ADMIN, {
      method: 'DELETE',
      path: `${ADMISSION_API}/validatingadmissionpolicybindings/${name}`,
    });
    await server.must(ADMIN, {
      method: 'DELETE',
      path: `${ADMISSION_API}/validatingadmissionpolicies/${name}`,
    });
  }
}

/** A policy that refuses ConfigMaps of its own name. */
async function makeMarker(server: Pick<PolicyServer, 'must'>, name: string): Promise<void> {
  const rule = {
    apiGroups: [''],
    apiVersions: ['v1'],
    resources: ['configmaps'],
    operations: ['CREATE'],
    resourceNames: [name],
  };
  const write = (kind: string, plural: string, spec: object) =>
    server.must(ADMIN, {
      method: 'POST',
      path: `${ADMISSION_API}/${plural}`,
      body: { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, spec },
    });
  await write('ValidatingAdmissionPolicy', 'validatingadmissionpolicies', {
    matchConstraints: { resourceRules: [rule] },
    validations: [{ expression: 'false' }],
  });
  await write('ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings', {
    policyName: name,
    validationActions: ['Deny'],
  });
}

/** For a loaded machine; who checks a promise says how long it may take. */
const PATIENCE_MS = 60_000;
const POLL_MS = 50;

/** Waits until a condition holds. What it throws counts as "not yet": an object that is read may not be made yet. */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  limitMs = PATIENCE_MS,
): Promise<void> {
  const giveUp = Date.now() + limitMs;
  for (let last = ''; ; ) {
    try {
      if (await condition()) return;
      last = '';
    } catch (error) {
      last = ` (${error instanceof Error ? error.message : String(error)})`;
    }
    if (Date.now() > giveUp) throw new Error(`not in time: ${what}${last}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Waits for an instant of the clock by which the API server stamps. A timer alone may fire a millisecond before. */
export async function sleepUntil(instantMs: number): Promise<void> {
  for (let left = instantMs - Date.now(); left > 0; left = instantMs - Date.now())
    await new Promise((resolve) => setTimeout(resolve, left));
}
