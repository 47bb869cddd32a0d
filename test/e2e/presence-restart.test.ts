import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isReady } from '../../src/operator/cluster-state/pod.ts';
import { builtin } from '../../src/platform/kube/resource.ts';
import { Driver, type EverybodyResult, type LoadResult } from '../bench/presence/driver.ts';
import { buildDriver } from '../bench/presence/programs.ts';
import { eventually } from '../support/eventually.ts';
import {
  connect,
  deleteNamespace,
  freshNamespace,
  signingKey,
  untilCondition,
} from '../support/live-cluster.ts';
import { apply, podsOf, presenceCluster, STEADY_SCALING } from './presence-cluster.ts';

const namespace = 'e2e-restart';
const name = 'rolled';
/** Of every node; 30080 is the demo's. */
const NODE_PORT = 30083;
const PODS = 3;
const CONNECTIONS = 2_000;
/** Of all together: 500 deliveries a second, which leaves a small machine time for the pods that start. */
const UPDATES_PER_SECOND = 20;
/** All three drains overlap: in less, a machine with two cores spends all of them on moving people, and some come late. */
const DRAIN_SECONDS = 60;
/** The goal is 250 ms (docs/benchmarks/presence.md); here everything shares the machine with the whole cluster. */
const AWAY_P95_MS = 1_000;

const TEST_MS = 600_000;
const READY_WITHIN_SECONDS = 300;
const CONNECTS_WITHIN_MS = 90_000;
const ROSTERS_WITHIN_SECONDS = 30;
/** Three times: a pod starts and is ready, and the one that it replaces drains; the drains overlap. About 90 s where nothing else runs. */
const ROLLED_WITHIN_SECONDS = 240;
/** For the last updates to arrive. */
const PATIENCE_SECONDS = 10;
const SLACK_MS = 20_000;
const GONE_WITHIN_SECONDS = 300;

const client = connect();
let driver: Driver | undefined;

/** Any change of the pod template has every pod renewed; the time for a drain is one. */
function cluster(drainSeconds: number) {
  return presenceCluster(namespace, name, {
    scaling: { ...STEADY_SCALING, baselineReplicas: PODS },
    presence: { drainSeconds, service: { type: 'NodePort', nodePort: NODE_PORT } },
  });
}

async function readyPods(): Promise<Set<string>> {
  const pods = await podsOf(client, namespace, name, 'presence');
  return new Set(pods.filter(isReady).map(({ metadata }) => metadata.uid));
}

/**
 * A node by its own address. The mapped port on 127.0.0.1 goes through docker-proxy, which ends for good when it runs out of open
 * files: each connection takes up to six of its 20,000.
 */
async function nodeAddress(): Promise<string> {
  const { items } = await client.list(builtin.Node, {});
  const nodes = items as unknown as { status: { addresses: { type: string; address: string }[] } }[];
  const address = nodes[0]?.status.addresses.find(({ type }) => type === 'InternalIP')?.address;
  if (address === undefined) throw new Error('no node has an address');
  return address;
}

beforeAll(async () => {
  // Updates of an earlier run that people still show would be taken for updates of this one.
  await freshNamespace(client, namespace, GONE_WITHIN_SECONDS);
  await apply(client, cluster(DRAIN_SECONDS));
  await untilCondition(client, { namespace, name }, { type: 'Ready', status: 'True' }, READY_WITHIN_SECONDS);
  await eventually(
    { what: `${PODS} presence pods are ready`, withinSeconds: READY_WITHIN_SECONDS },
    async () => {
      return (await readyPods()).size === PODS;
    },
  );
});

afterAll(async () => {
  await driver?.close();
  await deleteNamespace(client, namespace, GONE_WITHIN_SECONDS);
  await client.close();
});

describe(`a rolling restart of all presence pods with ${CONNECTIONS} connections`, () => {
  it('is seen by nobody: no join, no leave, no update that does not come', { timeout: TEST_MS }, async () => {
    driver = new Driver({
      program: await buildDriver(),
      server: 'ours',
      targets: [`${await nodeAddress()}:${NODE_PORT}`],
      secret: await signingKey(client, namespace, name),
    });
    await driver.run('connect', { count: CONNECTIONS }, CONNECTS_WITHIN_MS);
    const rosters = () =>
      driver?.run<number>('await-rosters', { seconds: ROSTERS_WITHIN_SECONDS }, 2 * SLACK_MS);
    expect(await rosters()).toBe(CONNECTIONS);
    await driver.run('mark', {}, SLACK_MS);
    const before = await readyPods();
    await driver.run('load-start', { rate: UPDATES_PER_SECOND, seconds: TEST_MS / 1_000 }, SLACK_MS);

    await apply(client, cluster(DRAIN_SECONDS + 1));
    const renewed = { what: 'every presence pod is renewed', withinSeconds: ROLLED_WITHIN_SECONDS };
    await eventually(renewed, async () => {
      // Those that are going away are still listed: until the last of them has drained it is not over.
      const pods = await podsOf(client, namespace, name, 'presence');
      const fresh = pods.filter((pod) => isReady(pod) && !before.has(pod.metadata.uid));
      return fresh.length === PODS && pods.length === PODS;
    });

    const load = await driver.run<LoadResult>('load-stop', { seconds: PATIENCE_SECONDS }, 2 * SLACK_MS);
    const complete = await rosters();
    const seen = await driver.run<EverybodyResult>('everybody-report', {}, SLACK_MS);
    const failures = await driver.run<Record<string, number>>('failures', {}, SLACK_MS);
    console.log(JSON.stringify({ seen, load: { ...load, lanes: undefined }, failures }));
    expect(complete).toBe(CONNECTIONS);
    // Everybody was on a pod that is gone: whoever did not move proves nothing.
    expect(seen).toMatchObject({ clients: CONNECTIONS, neverMoved: 0, withoutConnection: 0 });
    expect(seen).toMatchObject({ joins: 0, leaves: 0, superseded: 0, lost: 0 });
    expect(load.sent).toBeGreaterThan(0);
    expect(load.delivered).toBe(load.expected);
    expect(seen.awayP95Ms).toBeLessThanOrEqual(AWAY_P95_MS);
  });
});
