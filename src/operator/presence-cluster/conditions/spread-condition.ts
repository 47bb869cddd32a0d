import type { Burden } from '../../../domain/topology/node-majority.ts';
import type { ClusterCondition } from './cluster-condition.ts';
import { majorityOf, planRenewal, type RenewalPlan, type SpreadPlan } from './redis-spread.ts';

/** Limit of the schema. */
const MAX_MESSAGE = 1024;

/**
 * Whether any one Kubernetes node may be lost; pure. While a shard has no primary there is nothing to be said, and what
 * was said before stays: a failover is no news of where the others are.
 */
export function spreadCondition(pass: SpreadPlan): ClusterCondition[] {
  const type = 'RedisSpread';
  const verdict = majorityOf(pass);
  const condition = (status: 'True' | 'False', reason: SpreadReason, message: string): ClusterCondition[] => [
    { type, status, reason, message: message.slice(0, MAX_MESSAGE) },
  ];
  switch (verdict.kind) {
    case 'Unknown':
      return earlier(pass);
    case 'Spread':
      return condition('True', 'Spread', 'Any node may be lost: a majority of the primaries is left.');
    case 'HandOver':
      return condition(
        'False',
        'HandingOver',
        `${burden(pass, verdict)} A replica on another node takes over as soon as Redis is steady.`,
      );
    case 'TooFewNodes': {
      const { nodes, needed } = verdict;
      const message = `${burden(pass, verdict)} Nodes that take Redis pods: ${nodes}; ${needed} are needed for any one to be lost, which development can do without.`;
      return condition('False', 'TooFewNodes', message);
    }
    case 'Stuck': {
      const remedy = remedyOf(planRenewal(pass, verdict.renewals));
      return condition('False', 'OneNodeHoldsMajority', `${burden(pass, verdict)} ${remedy}`);
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
      ? 'until it is back'
      : 'until replicas are made to take over';
  return `Node ${node} holds ${primaries} of ${shards} primaries: if it dies, no majority is left and no shard takes writes ${until}.`;
}

/** What the operator does, or what a person can do. */
function remedyOf(plan: RenewalPlan): string {
  const { renewal } = plan;
  const pod = renewal?.pod;
  const to = renewal?.to.join(' or ');
  switch (plan.kind) {
    case 'Renew':
      return `No replica is where taking over would help: ${pod} is renewed so that it is placed on ${to}, and takes over there.`;
    case 'Held':
      return pod === undefined
        ? `What is done about it is decided once this is over: ${plan.because}.`
        : `${pod} is renewed so that it is placed on ${to}, and takes over there, once this is over: ${plan.because}.`;
    case 'Person':
      return BY_A_PERSON[plan.why](pod, to);
  }
}

const BY_A_PERSON: Record<
  Extract<RenewalPlan, { kind: 'Person' }>['why'],
  (pod: string | undefined, to: string | undefined) => string
> = {
  NodesUnknown: () =>
    'No replica is where taking over would help, and the operator may not read Nodes: when there is one without a Redis pod of this cluster, delete the pod of a replica so that it is placed there.',
  NoReplicas: () => 'There are no replicas to hand over to: raise spec.redis.replicasPerShard.',
  Claims: (pod, to) =>
    `No replica is where taking over would help, and whether the volume of ${pod} may leave its node is not known: when it may, delete the pod so that it is placed on ${to}; when it may not, delete its claim data-${pod} as well, and it is filled from its primary.`,
  Tried: (pod, to) =>
    `No replica is where taking over would help; ${pod} was renewed for ${to} and was not placed so that it does: is there room for it, and may it run there? Then delete that pod.`,
  NoNode: () =>
    'No replica is where taking over would help, and no node could take one so that it would: add a node that takes Redis pods.',
};
