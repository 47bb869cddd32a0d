import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Actor,
  ADMIN,
  type Answer,
  APPLY_PATCH,
  type Call,
  JSON_PATCH,
  MERGE_PATCH,
  type PolicyServer,
  STRATEGIC_PATCH,
  sleepUntil,
  startPolicyServer,
} from './policy-server.ts';
import { ACTORS, apps, CLUSTER, inSeconds, makeWorld, RIGHTS, window, writeFreeze } from './wedding-world.ts';

const TRIES = 1_000;
const AT_ONCE = 8;
const HOUR = 3600;
const WORKLOADS = [
  { path: apps('deployments', `${CLUSTER}-presence`), container: 'presence' },
  { path: apps('statefulsets', `${CLUSTER}-redis-0`), container: 'redis' },
];
const PEOPLE: Actor[] = [ADMIN, ACTORS.ci, ACTORS.onCall];

let server: PolicyServer;

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS);
  await makeWorld(server);
});

afterAll(() => server?.stop());

type Workload = (typeof WORKLOADS)[number];
type Try = (workload: Workload, live: Answer['body'], index: number) => Call;

const image = (index: number) => `image:${index}`;
const patch =
  (type: string, body: unknown) =>
  (path: string, index: number): Call => ({
    method: 'PATCH',
    path,
    type,
    body,
    fieldManager: `try-${index}`,
  });

/** The ways in which kubectl, Helm and CI change a pod template. */
const VERBS: Record<string, Try> = {
  'kubectl set image': ({ path, container }, _live, index) =>
    patch(STRATEGIC_PATCH, {
      spec: { template: { spec: { containers: [{ name: container, image: image(index) }] } } },
    })(path, index),
  'kubectl rollout restart': ({ path }, _live, index) =>
    patch(STRATEGIC_PATCH, {
      spec: {
        template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': image(index) } } },
      },
    })(path, index),
  'a merge patch': ({ path }, _live, index) =>
    patch(MERGE_PATCH, { spec: { template: { spec: { terminationGracePeriodSeconds: 100 + index } } } })(
      path,
      index,
    ),
  'a JSON patch': ({ path }, _live, index) =>
    patch(JSON_PATCH, [
      { op: 'replace', path: '/spec/template/spec/containers/0/image', value: image(index) },
    ])(path, index),
  'kubectl apply --server-side': ({ path, container }, live, index) =>
    patch(APPLY_PATCH, {
      apiVersion: live.apiVersion,
      kind: live.kind,
      metadata: { name: live.metadata.name },
      spec: { template: { spec: { containers: [{ name: container, image: image(index) }] } } },
    })(path, index),
  'kubectl replace': ({ path }, live, index) => {
    const body = structuredClone(live);
    body.spec.template.spec.containers[0].image = image(index);
    return { method: 'PUT', path, body, fieldManager: `try-${index}` };
  },
  'managedFields emptied': ({ path }, _live, index) =>
    patch(JSON_PATCH, [
      { op: 'replace', path: '/spec/template/spec/containers/0/image', value: image(index) },
      { op: 'replace', path: '/metadata/managedFields', value: [{}] },
    ])(path, index),
};

describe('a freeze that begins with no operator at all', () => {
  it(`refuses ${TRIES} of ${TRIES} changes of pod templates from its first second`, async () => {
    const live = await Promise.all(
      WORKLOADS.map(async ({ path }) => (await server.must(ADMIN, { method: 'GET', path })).body),
    );
    const from = inSeconds(3);
    // The phase stays Open: nobody is there to write it.
    await writeFreeze(server, { phase: 'Open', windows: [{ ...window(0, HOUR), from }] });
    await sleepUntil(Date.parse(from));
    const verbs = Object.entries(VERBS);
    const passed: string[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let index = next++; index < TRIES; index = next++) {
        const workload = index % WORKLOADS.length;
        const [verb, make] = verbs[Math.floor(index / WORKLOADS.length) % verbs.length] as [string, Try];
        const call = make(WORKLOADS[workload] as Workload, live[workload], index);
        const { code, message } = await server.ask(PEOPLE[index % PEOPLE.length] as Actor, call);
        const refused = code === 403 && /is frozen until|carries no time stamp/.test(message);
        if (!refused) passed.push(`${verb}: ${code} ${message}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    expect(passed).toEqual([]);
    for (const [index, { path }] of WORKLOADS.entries()) {
      const { body } = await server.must(ADMIN, { method: 'GET', path });
      expect(body.metadata.generation).toBe(live[index].metadata.generation);
      expect(body.spec).toEqual(live[index].spec);
    }
  });
});
