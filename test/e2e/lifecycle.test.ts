import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PresenceCluster } from '../../src/api/v1alpha1/kinds.ts';
import { LABEL } from '../../src/api/v1alpha1/names.ts';
import { PresenceClient } from '../../src/client/presence-client.ts';
import { isReady } from '../../src/operator/cluster-state/pod.ts';
import { CHILD_TYPES, ownType } from '../../src/operator/objects/kinds.ts';
import { builtin } from '../../src/platform/kube/resource.ts';
import { eventually } from '../support/eventually.ts';
import {
  applyNamespace,
  connect,
  deleteNamespace,
  getCluster,
  signingKey,
  untilCondition,
} from '../support/live-cluster.ts';
import { type PortForward, portForward } from '../support/port-forward.ts';
import { presenceToken } from '../support/presence-token.ts';
import { apply, podsOf, presenceCluster } from './presence-cluster.ts';

/** Stated limit for a loaded machine; the figure itself is measured by `make demo`. */
const READY_WITHIN_SECONDS = 300;
/** One look of the operator after a server has stood still, and a replica that connects anew. */
const WHOLE_WITHIN_SECONDS = 60;
const namespace = 'e2e-lifecycle';
const client = connect();

beforeAll(async () => {
  await applyNamespace(client, namespace);
});
afterAll(async () => {
  await deleteNamespace(client, namespace, 300);
  await client.close();
});

function expectWhole(status: PresenceCluster['status']): void {
  expect(status?.redis?.slotsCovered).toBe(16384);
  expect(status?.redis?.shards.map(({ replicas }) => replicas.length)).toEqual([1, 1, 1]);
  expect(status?.presence?.readyReplicas).toBe(2);
}

const uidsOf = async (name: string) =>
  (await podsOf(client, namespace, name, 'redis')).map(({ metadata }) => metadata.uid).sort();

describe('a PresenceCluster', () => {
  it('becomes Ready with all slots covered, and so does another beside it', async () => {
    await apply(client, presenceCluster(namespace, 'side', {}));
    await apply(client, presenceCluster(namespace, 'other', { redis: { engine: 'Redis' } }));
    const ready = { type: 'Ready', status: 'True' };
    // Both at once: of the status that says so first, which a server that answers late later changes for a moment.
    const both = await Promise.all(
      ['side', 'other'].map((name) =>
        untilCondition(client, { namespace, name }, ready, READY_WITHIN_SECONDS),
      ),
    );
    for (const { status } of both) expectWhole(status);
  });

  it('spreads the pods of each shard over different nodes', async () => {
    const pods = await podsOf(client, namespace, 'side', 'redis');
    expect(pods).toHaveLength(6);
    for (const shard of ['0', '1', '2']) {
      const nodes = pods
        .filter((pod) => pod.metadata.labels?.[LABEL.shard] === shard)
        .map((pod) => pod.spec.nodeName);
      expect(new Set(nodes).size).toBe(2);
    }
  });

  it('shows a member who joins on one pod to members on another', async () => {
    const forwards = await forwardToEachPod();
    const key = await signingKey(client, namespace, 'side');
    const clients = await Promise.all(
      forwards.map(async ({ port }, index) => {
        const token = await presenceToken(key, `crew-${index}`, 'photographer', ['ada-and-grace']);
        return new PresenceClient({ url: `ws://127.0.0.1:${port}/v1/presence`, token });
      }),
    );
    try {
      const seen: string[][] = [[], []];
      for (const [index, each] of clients.entries()) {
        const note = (members: ReadonlyMap<string, unknown>) => {
          seen[index] = [...members.keys()].sort();
        };
        await each.join(
          'ada-and-grace',
          { status: 'here' },
          { onSnapshot: note, onDiff: (_, members) => note(members) },
        );
      }
      await eventually({ what: 'both see both', withinSeconds: 60 }, async () =>
        seen.every((users) => users.join() === 'crew-0,crew-1'),
      );
    } finally {
      await Promise.all(clients.map((each) => each.close()));
      await Promise.all(forwards.map((forward) => forward.close()));
    }
  });

  it('gets a deleted child back', async () => {
    await client.delete(builtin.Service, namespace, 'side-presence', {});
    await eventually({ what: 'the Service is back', withinSeconds: 90 }, async () => {
      const service = await client.get(builtin.Service, namespace, 'side-presence');
      return service !== undefined && service.metadata.deletionTimestamp === undefined;
    });
  });

  it('leaves no object behind when it is deleted, and its neighbour alone', async () => {
    const neighbours = await uidsOf('other');
    expect(neighbours).toHaveLength(6);
    await client.delete(ownType('PresenceCluster'), namespace, 'side', {});
    const types = [
      ...CHILD_TYPES,
      builtin.Pod,
      builtin.Secret,
      builtin.PersistentVolumeClaim,
      ownType('PresenceCluster'),
    ];
    await eventually({ what: 'no object of side is left', withinSeconds: 300 }, async () => {
      for (const type of types) {
        const { items } = await client.list(type, { namespace });
        const left = items.filter(
          ({ metadata }) => metadata.name === 'side' || metadata.labels?.[LABEL.cluster] === 'side',
        );
        if (left.length > 0) throw new Error(`${type.kind} ${left[0]?.metadata.name}`);
      }
      return true;
    });
    await eventually({ what: 'other is whole', withinSeconds: WHOLE_WITHIN_SECONDS }, async () => {
      expectWhole((await getCluster(client, namespace, 'other')).status);
      return true;
    });
    expect(await uidsOf('other')).toEqual(neighbours);
  });
});

async function forwardToEachPod(): Promise<PortForward[]> {
  const pods = await eventually({ what: 'two presence pods are ready', withinSeconds: 90 }, async () => {
    const found = await podsOf(client, namespace, 'side', 'presence');
    return found.length === 2 && found.every(isReady) && found;
  });
  return Promise.all(pods.map((pod) => portForward(namespace, pod.metadata.name, 8080)));
}
