import type { RenewalPlan } from '../../../domain/rollout/plan-renewal.ts';
import type { Burden } from '../../../domain/topology/node-majority.ts';
import type { ClusterCondition } from './cluster-condition.ts';
import { majorityOf, renewalOf, type SpreadPlan } from './redis-spread.ts';

/** Limit of the schema. */
const MAX_MESSAGE = 1024;

/**
 * Whether any one Kubernetes node may be lost; pure. While a shard has no primary there is nothing to be said, and what
 * was said before stays: a failover is no news of where the others are.
 */
export function spreadCondition(plan: SpreadPlan): ClusterCondition[] {
  const type = 'RedisSpread';
  const verdict = majorityOf(plan);
  const condition = (status: 'True' | 'False', reason: SpreadReason, message: string): ClusterCondition[] => [
    { type, status, reason, message: message.slice(0, MAX_MESSAGE) },
  ];
  switch (verdict.kind) {
    case 'Unknown':
      return earlier(plan);
    case 'Spread':
      return condition('True', 'Spread', 'Any single node can be lost: a majority of the primaries remains.');
    case 'HandOver':
      return condition(
        'False',
        'HandingOver',
        `${burden(plan, verdict)} A replica on another node takes over when Redis is steady.`,
      );
    case 'TooFewNodes': {
      const { nodes, needed } = verdict;
      const message = `${burden(plan, verdict)} ${nodes} nodes take Redis pods; ${needed} are needed to survive the loss of any one. Development clusters can accept this.`;
      return condition('False', 'TooFewNodes', message);
    }
    case 'Stuck': {
      const remedy = remedyOf(renewalOf(plan, verdict.renewals));
      return condition('False', 'OneNodeHoldsMajority', `${burden(plan, verdict)} ${remedy}`);
    }
  }
}

type SpreadReason = Extract<ClusterCondition, { type: 'RedisSpread' }>['reason'];

function earlier({ observed: { cluster } }: SpreadPlan): ClusterCondition[] {
  const said = cluster.status?.conditions?.find(({ type }) => type === 'RedisSpread');
  if (said === undefined) return [];
  const { status, reason, message } = said;
  return [{ type: 'RedisSpread', status, reason: reason as SpreadReason, message }];
}

function burden({ acceptance }: SpreadPlan, { node, primaries, shards }: Burden): string {
  const until =
    acceptance.serving?.redis.replicasPerShard === 0
      ? 'until the node is back'
      : 'until replicas take over without a vote';
  return `Node ${node} holds ${primaries} of ${shards} primaries: if it fails, no majority is left and no shard accepts writes ${until}.`;
}

/** What the operator does, or what a person can do. */
function remedyOf(plan: RenewalPlan): string {
  const { renewal } = plan;
  const pod = renewal?.pod;
  const to = renewal?.to.join(' or ');
  switch (plan.kind) {
    case 'Renew':
      return `No replica is on a node that would restore quorum. Recreating ${pod} so that it is scheduled on ${to}, then failing over to it.`;
    case 'Held':
      return pod === undefined
        ? `The operator acts when this is over: ${plan.because}.`
        : `No replica is on a node that would restore quorum. ${pod} will be recreated so that it is scheduled on ${to}, when this is over: ${plan.because}.`;
    case 'Person':
      return BY_A_PERSON[plan.why](pod, to);
  }
}

const BY_A_PERSON: Record<
  Extract<RenewalPlan, { kind: 'Person' }>['why'],
  (pod: string | undefined, to: string | undefined) => string
> = {
  NodesUnknown: () =>
    'No replica is on a node that would restore quorum, and the operator is not allowed to read Nodes. If there is a node without a Redis pod of this cluster, delete the pod of a replica so that it is scheduled there.',
  NoReplicas: () => 'There are no replicas to fail over to: raise spec.redis.replicasPerShard.',
  Claims: (pod, to) =>
    `No replica is on a node that would restore quorum, and the operator cannot tell whether the volume of ${pod} can move to another node. If it can, delete the pod so that it is scheduled on ${to}. If it cannot, delete its claim data-${pod} as well: the new pod then syncs from its primary.`,
  Tried: (pod, to) =>
    `No replica is on a node that would restore quorum. ${pod} was recreated for ${to}, but was not scheduled there. Check that it fits there and is allowed to run there, then delete the pod.`,
  NoNode: () =>
    'No replica is on a node that would restore quorum, and no node could take one that does: add a node that takes Redis pods.',
};
