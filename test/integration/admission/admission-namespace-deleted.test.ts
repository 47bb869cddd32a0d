import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_VERSION } from '../../../src/api/schema/group.ts';
import { FREEZE_ANNOTATION_PREFIX } from '../../../src/api/v1alpha1/names.ts';
import type { RolloutFreezeSpec } from '../../../src/api/v1alpha1/rollout-freeze.ts';
import { freezeAnnotations } from '../../../src/domain/freeze/clock/freeze-annotations.ts';
import { type ChartOperator, startChartOperator } from './chart-operator.ts';
import { type ControllerManager, startControllerManager } from './controller-manager.ts';
import {
  type Actor,
  ADMIN,
  type Answer,
  APPLY_PATCH,
  MERGE_PATCH,
  type PolicyServer,
  STRATEGIC_PATCH,
  startPolicyServer,
  until,
} from './policy-server.ts';
import { nextManager } from './tries.ts';
import { ACTORS, CLUSTER, keepLease, RIGHTS, renewLease, window } from './wedding-world.ts';

/**
 * Namespaces that are deleted, by the real kube-controller-manager, with the operator up and with an operator that died before the
 * freeze. The Lease is the clock of deletes and this test writes it, so no time passes between the moments.
 */

const HOUR = 3600;
const HOUR_MS = 3_600_000;
/** The namespace controller waits up to a minute after a refusal, one for each kind that is left. */
const PATIENCE_MS = 240_000;
const TEST_MS = 2 * PATIENCE_MS;
const NOW = window(-HOUR, HOUR);
const LATER = window(4 * HOUR, 5 * HOUR);

let server: PolicyServer;
let controllers: ControllerManager;
let controlPlane: ReturnType<typeof keepLease>;
let operator: ChartOperator | undefined;

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS);
  controllers = await startControllerManager(server.kinds.server);
  controlPlane = keepLease(server);
});

afterAll(async () => {
  await operator?.stop();
  await controlPlane?.stop();
  await controllers?.stop();
  await server?.stop();
});

const namespaced = (namespace: string, plural: string, name = '') =>
  `/apis/presence.wedsync.io/v1alpha1/namespaces/${namespace}/${plural}${name && `/${name}`}`;
const deploymentOf = (namespace: string) => `/apis/apps/v1/namespaces/${namespace}/deployments/crew`;
const freezeOf = (namespace: string) => namespaced(namespace, 'rolloutfreezes', CLUSTER);
const get = (path: string): Promise<Answer> => server.ask(ADMIN, { method: 'GET', path });
const eventually = (what: string, condition: () => Promise<boolean>) => until(what, condition, PATIENCE_MS);

async function makeNamespace(name: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await server.must(ADMIN, { method: 'POST', path: '/api/v1/namespaces', body });
}

async function makeCluster(namespace: string, finalizers: string[] = []): Promise<void> {
  const body = {
    apiVersion: API_VERSION,
    kind: 'PresenceCluster',
    metadata: { name: CLUSTER, finalizers },
    spec: { timeZone: 'UTC' },
  };
  await server.must(ADMIN, { method: 'POST', path: namespaced(namespace, 'presenceclusters'), body });
}

/** A freeze as an operator left it that wrote it long before these windows and is dead since. */
async function leaveFreeze(
  namespace: string,
  windows: object[],
  phase: 'Open' | 'Frozen' = 'Open',
): Promise<void> {
  const spec = { windows, phase, floor: 1, overrides: [] };
  const annotations = freezeAnnotations(
    spec as unknown as RolloutFreezeSpec,
    new Date(Date.now() - 24 * HOUR_MS),
  );
  await server.must(ACTORS.operator, {
    method: 'PATCH',
    path: `/api/v1/namespaces/${namespace}`,
    type: MERGE_PATCH,
    body: {
      metadata: { annotations: { [`${FREEZE_ANNOTATION_PREFIX.windows}${CLUSTER}`]: annotations.windows } },
    },
  });
  await server.must(ACTORS.operator, {
    method: 'PATCH',
    path: freezeOf(namespace),
    type: APPLY_PATCH,
    fieldManager: 'presence-freeze',
    body: { apiVersion: API_VERSION, kind: 'RolloutFreeze', metadata: { name: CLUSTER, namespace }, spec },
  });
}

/** A workload of the PresenceCluster; without pods, which nothing would run here. */
async function makeWorkload(namespace: string): Promise<void> {
  const labels = { app: 'crew', 'presence.wedsync.io/cluster': CLUSTER };
  const template = {
    metadata: { labels },
    spec: { containers: [{ name: 'presence', image: 'presence:1' }] },
  };
  const spec = { replicas: 0, selector: { matchLabels: { app: 'crew' } }, template };
  const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'crew', labels }, spec };
  await server.must(ADMIN, { method: 'POST', path: deploymentOf(namespace).replace('/crew', ''), body });
}

const tryImage = (namespace: string): Promise<Answer> => {
  const fieldManager = nextManager();
  const containers = [{ name: 'presence', image: `presence:${fieldManager}` }];
  return server.ask(ADMIN, {
    method: 'PATCH',
    path: deploymentOf(namespace),
    type: STRATEGIC_PATCH,
    dryRun: true,
    fieldManager,
    body: { spec: { template: { spec: { containers } } } },
  });
};

const remove = (namespace: string): Promise<Answer> =>
  server.must(ADMIN, { method: 'DELETE', path: `/api/v1/namespaces/${namespace}` });
const isGone = async (namespace: string): Promise<boolean> =>
  (await get(`/api/v1/namespaces/${namespace}`)).code === 404;

describe('the RolloutFreeze of a namespace that is deleted', () => {
  const tries = (actor: Actor, namespace: string) =>
    server.ask(actor, { method: 'DELETE', path: freezeOf(namespace), dryRun: true });

  it.each(['Open', 'Frozen'] as const)(
    'goes after its PresenceCluster, whatever the phase says: %s',
    async (phase) => {
      const namespace = `table-${phase.toLowerCase()}`;
      await makeNamespace(namespace);
      await makeCluster(namespace, ['example.org/hold']);
      await leaveFreeze(namespace, [LATER], phase);
      // Of two policies that refuse, either may be the one that is quoted.
      await until('it is kept', async () => {
        const { code, message } = await tries(ACTORS.namespaceController, namespace);
        return code === 403 && (phase === 'Frozen' || message.includes('goes after it'));
      });
      expect((await tries(ADMIN, namespace)).code).toBe(403);
      for (const actor of [ACTORS.garbageCollector, ACTORS.operator]) {
        expect((await tries(actor, namespace)).code).toBe(200);
      }
      await server.must(ADMIN, {
        method: 'DELETE',
        path: namespaced(namespace, 'presenceclusters', CLUSTER),
      });
      // The phase of an operator that is up still keeps it.
      const expected = phase === 'Open' ? 200 : 403;
      await until('it goes with one that is being deleted', async () => {
        const { code, message } = await tries(ACTORS.namespaceController, namespace);
        return code === expected && !message.includes('goes after it');
      });
    },
  );
});

describe('a namespace that is deleted', { timeout: TEST_MS }, () => {
  it('outside of freezes goes, with the operator up', async () => {
    operator = await startChartOperator(server);
    await makeNamespace('up');
    await makeCluster('up');
    await eventually(
      'the operator has made its RolloutFreeze',
      async () => (await get(freezeOf('up'))).code === 200,
    );
    await remove('up');
    await eventually('it is gone', () => isGone('up'));
    await operator.stop();
    operator = undefined;
  });

  it('outside of freezes goes, with a dead operator', async () => {
    await makeNamespace('outside');
    await makeCluster('outside');
    await makeWorkload('outside');
    await leaveFreeze('outside', [LATER]);
    await remove('outside');
    await eventually('it is gone', () => isGone('outside'));
  });

  it('in a freeze keeps its RolloutFreeze with an operator that is dead since before, so no image changes', async () => {
    await makeNamespace('inside');
    await makeCluster('inside');
    await makeWorkload('inside');
    await leaveFreeze('inside', [NOW]);
    await eventually('image changes are refused', async () => (await tryImage('inside')).code === 403);
    await remove('inside');
    await eventually('the namespace controller was refused both', async () => {
      const { status } = (await get('/api/v1/namespaces/inside')).body;
      const failure = status.conditions?.find(
        ({ type }: { type: string }) => type === 'NamespaceDeletionContentFailure',
      );
      return ['is frozen until', 'its RolloutFreeze goes after it'].every((text) =>
        failure?.message.includes(text),
      );
    });
    expect((await get(freezeOf('inside'))).body.spec.phase).toBe('Open');
    expect((await get(namespaced('inside', 'presenceclusters', CLUSTER))).code).toBe(200);
    const { code, message } = await tryImage('inside');
    expect([code, message]).toEqual([403, expect.stringContaining('is frozen until')]);
  });

  it('goes by itself when that freeze is over, still without an operator', async () => {
    await controlPlane.stop();
    await renewLease(server, new Date(Date.now() + 2 * HOUR_MS));
    await eventually('it is gone', () => isGone('inside'));
  });
});
