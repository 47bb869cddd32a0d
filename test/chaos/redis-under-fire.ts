import { isReady, type Pod } from '../../src/operator/cluster-state/pod.ts';
import type { KubeClient } from '../../src/platform/kube/client.ts';
import { podsOf } from '../e2e/presence-cluster.ts';
import { eventually } from '../support/eventually.ts';
import { getCluster } from '../support/live-cluster.ts';
import type { LaneReport } from '../support/numbered-writer.ts';
import { kubectl } from './kubectl.ts';

const OPERATOR_NAMESPACE = 'presence-system';
const OPERATOR = 'presence-operator';

/** One PresenceCluster that is being hurt. */
export interface Victim {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
}

export interface ShardPods {
  readonly primary: Pod;
  readonly replica: Pod;
}

/** Waits until all slots are served, every replica is linked, and the primaries are on three nodes. */
export async function settled(victim: Victim, withinSeconds: number): Promise<ShardPods[]> {
  const { client, namespace, name } = victim;
  return eventually({ what: `${name} is steady and spread`, withinSeconds }, async () => {
    const { status } = await getCluster(client, namespace, name);
    const redis = status?.redis;
    if (redis?.state !== 'Steady') throw new Error(`${redis?.state}: ${redis?.message}`);
    const pods = new Map(
      (await podsOf(client, namespace, name, 'redis')).map((pod) => [pod.metadata.name, pod]),
    );
    const shards = redis.shards.map(({ primary, replicas }) => ({
      primary: pods.get(primary ?? ''),
      replica: pods.get(replicas[0] ?? ''),
    }));
    const nodes = shards.map(({ primary }) => primary?.spec.nodeName);
    if (new Set(nodes).size !== shards.length) throw new Error(`primaries are on ${nodes.join(', ')}`);
    return shards.every(({ primary, replica }) => primary && replica) ? (shards as ShardPods[]) : undefined;
  });
}

/**
 * The shards whose replica is linked while all slots are served: their primaries may be hurt, whatever the others' pods are at
 * (a container that was killed twice is started again only after 10 s).
 */
export async function wholeShards({ client, namespace, name }: Victim): Promise<ShardPods[]> {
  const redis = (await getCluster(client, namespace, name)).status?.redis;
  if (redis?.slotsCovered !== 16_384) return [];
  const pods = new Map(
    (await podsOf(client, namespace, name, 'redis')).map((pod) => [pod.metadata.name, pod]),
  );
  return redis.shards.flatMap(({ primary = '', replicas: [first = ''] }) => {
    const [owner, heir] = [pods.get(primary), pods.get(first)];
    return owner && heir && isReady(owner) && isReady(heir) ? [{ primary: owner, replica: heir }] : [];
  });
}

/** What is true after every row: nothing that was acknowledged is gone. */
export function worst(lanes: readonly LaneReport[]): { gapMs: number; errors: number; lost: number[] } {
  return {
    gapMs: Math.max(...lanes.map(({ longestGapMs }) => longestGapMs)),
    errors: lanes.reduce((sum, lane) => sum + lane.errors, 0),
    lost: lanes.flatMap(({ lost }) => lost),
  };
}

/** Stops every operator, and gives what starts as many again. */
export async function stopOperator(): Promise<() => Promise<void>> {
  const deployment = ['-n', OPERATOR_NAMESPACE, 'deployment', OPERATOR];
  const replicas = await kubectl('get', ...deployment, '-o', 'jsonpath={.spec.replicas}');
  await kubectl('scale', ...deployment, '--replicas=0');
  await eventually({ what: 'no operator runs', withinSeconds: 60 }, async () => {
    const pods = await kubectl('-n', OPERATOR_NAMESPACE, 'get', 'pods', '-o', 'name');
    return !pods.includes(OPERATOR);
  });
  return async () => {
    await kubectl('scale', ...deployment, `--replicas=${replicas}`);
  };
}

/** The pod of the leading operator. */
export async function leaderPod(): Promise<Pod> {
  const lease = ['-n', OPERATOR_NAMESPACE, 'get', 'lease', OPERATOR];
  const holder = await kubectl(...lease, '-o', 'jsonpath={.spec.holderIdentity}');
  const pod = holder.split('_')[0] ?? '';
  return JSON.parse(await kubectl('-n', OPERATOR_NAMESPACE, 'get', 'pod', pod, '-o', 'json')) as Pod;
}

/** Name of the Kubernetes node that the leading operator runs on. */
export async function leaderNode(): Promise<string> {
  return (await leaderPod()).spec.nodeName ?? '';
}
