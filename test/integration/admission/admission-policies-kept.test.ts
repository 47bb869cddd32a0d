import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChartOperator, startChartOperator } from './chart-operator.ts';
import {
  ADMIN,
  JSON_PATCH,
  MERGE_PATCH,
  type PolicyServer,
  RELEASE,
  startPolicyServer,
  until,
} from './policy-server.ts';
import { ACTORS, RIGHTS } from './wedding-world.ts';

const API = '/apis/admissionregistration.k8s.io/v1';
const policy = (rule: string) =>
  `${API}/validatingadmissionpolicies/${rule}.${RELEASE.name}.${RELEASE.namespace}`;
const binding = (rule: string) =>
  `${API}/validatingadmissionpolicybindings/${rule}.${RELEASE.name}.${RELEASE.namespace}`;
const CONFIG_MAP = `/api/v1/namespaces/${RELEASE.namespace}/configmaps/${RELEASE.name}-policies`;
const ENV = { POLICIES_CONFIG_MAP: `${RELEASE.name}-policies` };
/** Policies and bindings, those that bind the operator too: these it may read and not write, and does not look at. */
const OBJECTS = 80;

let server: PolicyServer;
let operator: ChartOperator;

const get = async (path: string) => (await server.ask(ADMIN, { method: 'GET', path })).body;
const restored = async (): Promise<number> => {
  const lines = (await operator.metrics()).matchAll(
    /^presence_admission_policies_restored_total\{.*\} (\d+)$/gm,
  );
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
};
const events = async (): Promise<string[]> => {
  const { items } = await get(`/apis/events.k8s.io/v1/namespaces/${RELEASE.namespace}/events`);
  return items
    .filter(({ reason }: { reason: string }) => reason === 'PolicyRestored')
    .map(({ note }: { note: string }) => note);
};

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS);
  operator = await startChartOperator(server, { env: ENV });
  // The first look is over when all are found as they should be.
  await until('looked at', async () =>
    (await operator.metrics()).includes('presence_admission_policies_missing 0'),
  );
});

afterAll(async () => {
  await operator?.stop();
  await server?.stop();
});

describe('the policies of the chart', () => {
  it('are all in force after the installation, and nothing is put back', async () => {
    const { items } = await get(`${API}/validatingadmissionpolicies`);
    const { items: bindings } = await get(`${API}/validatingadmissionpolicybindings`);
    expect(items.length + bindings.length).toBe(OBJECTS);
    expect(await restored()).toBe(0);
    expect(operator.log.filter((line) => line.includes('polic'))).toEqual([]);
  });

  it.each<[string, string, object[]]>([
    [
      'is disarmed by an expression',
      policy('freeze-deletes'),
      [{ op: 'replace', path: '/spec/validations/0/expression', value: 'true' }],
    ],
    [
      'gets a condition that never matches',
      policy('freeze-changes'),
      [{ op: 'add', path: '/spec/matchConditions/-', value: { name: 'never', expression: 'false' } }],
    ],
    [
      'ignores failures',
      policy('freeze-changes'),
      [{ op: 'replace', path: '/spec/failurePolicy', value: 'Ignore' }],
    ],
    [
      'leaves something out',
      policy('freeze-state'),
      [
        {
          op: 'add',
          path: '/spec/matchConstraints/excludeResourceRules',
          value: [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['*'] }],
        },
      ],
    ],
    [
      'audits only',
      binding('freeze-deletes'),
      [{ op: 'replace', path: '/spec/validationActions', value: ['Audit'] }],
    ],
    [
      'is bound to one namespace',
      binding('freeze-evictions'),
      [
        {
          op: 'add',
          path: '/spec/matchResources',
          value: { namespaceSelector: { matchLabels: { a: 'b' } } },
        },
      ],
    ],
  ])('are as installed again when one %s', async (_what, path, patch) => {
    const before = await get(path);
    const count = await restored();
    const { body: changed } = await server.must(ADMIN, {
      method: 'PATCH',
      path,
      type: JSON_PATCH,
      body: patch,
    });
    // Of the answer: a moment later the operator may have put it right.
    expect(changed.spec).not.toEqual(before.spec);
    await until('it is as installed again', async () => {
      const { spec } = await get(path);
      return JSON.stringify(spec) === JSON.stringify(before.spec);
    });
    await until('it is counted', async () => (await restored()) === count + 1);
    await until('it is told', async () =>
      (await events()).some((note) =>
        note.includes(`${before.metadata.name} restored as installed: spec was changed`),
      ),
    );
  });

  it.each(['freeze-changes', 'clock-deletes'].flatMap((rule) => [policy(rule), binding(rule)]))(
    'come back when %s is deleted',
    async (path) => {
      const before = await get(path);
      await server.must(ADMIN, { method: 'DELETE', path });
      await until('it is there again', async () => (await get(path)).spec !== undefined);
      expect((await get(path)).spec).toEqual(before.spec);
      await until('it is told', async () =>
        (await events()).some(
          (note) =>
            note.startsWith(`${before.kind} ${before.metadata.name}`) && note.endsWith('it was deleted'),
        ),
      );
    },
  );

  it('stay as they are when something else than the spec changes', async () => {
    const path = policy('freeze-deletes');
    const count = await restored();
    await server.must(ADMIN, {
      method: 'PATCH',
      path,
      type: MERGE_PATCH,
      body: { metadata: { annotations: { 'example.com/note': 'mine' } } },
    });
    // A change that is put back later tells that the earlier one was looked at.
    const body = [{ op: 'replace', path: '/spec/validationActions', value: ['Audit'] }];
    await server.must(ADMIN, { method: 'PATCH', path: binding('freeze-scale'), type: JSON_PATCH, body });
    await until('the later one is put back', async () => (await restored()) > count);
    expect(await restored()).toBe(count + 1);
    expect((await get(path)).metadata.annotations).toEqual({ 'example.com/note': 'mine' });
  });

  it('that the API server warns of are told in log and metric', async () => {
    const path = policy('freeze-deletes');
    const warn = (expressionWarnings: object[]) =>
      server.must(ADMIN, {
        method: 'PATCH',
        path: `${path}/status`,
        type: MERGE_PATCH,
        body: { status: { typeChecking: { expressionWarnings } } },
      });
    const metric = `presence_admission_policy_warnings{policy="freeze-deletes.${RELEASE.name}.${RELEASE.namespace}"}`;
    await warn([{ fieldRef: 'spec.validations[0].expression', warning: 'undefined field' }]);
    await until('counted', async () => (await operator.metrics()).includes(`${metric} 1`));
    await until('logged', async () =>
      operator.log.some((line) => line.includes('spec.validations[0].expression: undefined field')),
    );
    await warn([]);
    await until('gone', async () => (await operator.metrics()).includes(`${metric} 0`));
  });

  it('follow the ConfigMap of a newer chart, without a restart', async () => {
    const { data } = await get(CONFIG_MAP);
    const newer = data['policies.yaml'].replaceAll('nothing of it is deleted', 'nothing at all is deleted');
    const body = { data: { 'policies.yaml': newer } };
    await server.must(ADMIN, { method: 'PATCH', path: CONFIG_MAP, type: MERGE_PATCH, body });
    // Helm writes the policies next; here somebody else's edit makes the operator look.
    await server.must(ADMIN, {
      method: 'PATCH',
      path: policy('freeze-deletes'),
      type: MERGE_PATCH,
      body: { spec: { failurePolicy: 'Ignore' } },
    });
    await until('the newer one is in force', async () =>
      JSON.stringify(await get(policy('freeze-deletes'))).includes('nothing at all is deleted'),
    );
  });

  it('stay away when the chart is being removed: the ConfigMap goes first', async () => {
    await server.must(ADMIN, { method: 'DELETE', path: CONFIG_MAP });
    await server.must(ADMIN, { method: 'DELETE', path: policy('freeze-deletes') });
    await until('it is said', async () =>
      operator.log.some((line) => line.includes('does not exist: no admission policy')),
    );
    expect((await get(policy('freeze-deletes'))).reason).toBe('NotFound');
  });
});

describe('an operator without the right to read policies', () => {
  it('says so once and does everything else', async () => {
    await server.must(ADMIN, {
      method: 'DELETE',
      path: `/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/${RELEASE.namespace}:${RELEASE.name}:policies`,
    });
    // What RBAC allows is what the caches of the API server hold.
    await until('the right is gone', async () => {
      const call = { method: 'GET', path: `${API}/validatingadmissionpolicies` };
      return (await server.ask(ACTORS.operator, call)).code === 403;
    });
    const body = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: ENV.POLICIES_CONFIG_MAP },
      data: {
        'policies.yaml': JSON.stringify({ kind: 'ValidatingAdmissionPolicy', metadata: { name: 'x' } }),
      },
    };
    await server.must(ADMIN, {
      method: 'POST',
      path: `/api/v1/namespaces/${RELEASE.namespace}/configmaps`,
      body,
    });
    const other = await startChartOperator(server, { env: ENV });
    try {
      const said = () => other.log.filter((line) => line.includes('admission policies cannot be restored'));
      await until('it is said', async () => said().length > 0);
      await server.must(ADMIN, {
        method: 'POST',
        path: '/apis/presence.wedsync.io/v1alpha1/namespaces/weddings/presenceclusters',
        body: {
          apiVersion: 'presence.wedsync.io/v1alpha1',
          kind: 'PresenceCluster',
          metadata: { name: 'wedsync' },
          spec: { timeZone: 'UTC' },
        },
      });
      const path = '/apis/apps/v1/namespaces/weddings/deployments/wedsync-presence';
      await until('it works', async () => (await get(path)).spec !== undefined);
      expect(said()).toHaveLength(1);
    } finally {
      await other.stop();
    }
  });
});
