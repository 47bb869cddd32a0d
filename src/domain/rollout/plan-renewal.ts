import { formatInstant } from '../calendar/instant.ts';
import type { FreezeState } from '../freeze/freeze-at.ts';
import { PHASE_LEAD_MS } from '../freeze/freeze-parameter.ts';
import type { Renewal } from '../topology/node-majority.ts';
import type { TopologyPlan } from '../topology/plan.ts';

/** What the operator does about a node with too many primaries that no failover can relieve. */
export type RenewalPlan =
  /** The replica may be renewed now. */
  | { readonly kind: 'Renew'; readonly renewal: Renewal }
  /** When this is over. */
  | { readonly kind: 'Held'; readonly renewal?: Renewal; readonly because: string }
  /** Nothing: a person has to act. */
  | {
      readonly kind: 'Person';
      readonly why: 'NodesUnknown' | 'NoReplicas' | 'Claims' | 'Tried' | 'NoNode';
      readonly renewal?: Renewal;
    };

export interface RenewalInput {
  /** Renewals of which any one would help, the best first. */
  readonly renewals: readonly Renewal[];
  readonly plan: Pick<TopologyPlan, 'state' | 'reason'>;
  /** Name of a Redis pod that is not ready; undefined when all are. */
  readonly notReady: string | undefined;
  /** Replicas per shard that the spec asks for. */
  readonly replicasPerShard: number;
  /** The volumes of the pods are claims, which may be bound to a node. */
  readonly hasClaims: boolean;
  /** Nodes can be read. */
  readonly nodesKnown: boolean;
  /** The freeze as it is published, which an override does not open. */
  readonly publishedFreeze: FreezeState;
  /** The freeze that binds our own rollouts, which ends a little later. */
  readonly effectiveFreeze: FreezeState;
  /** Why rollouts are paused, in words; undefined when they are not. */
  readonly pausedBecause?: string | undefined;
  /** Pods of some component are being renewed, or their new template was just released. */
  readonly rolling: boolean;
  /** A Secret of the Redis servers that is being replaced or has a problem, in words; undefined when all are current. */
  readonly secretNotCurrent: string | undefined;
  /** Whether the shard's replica was already renewed for the same nodes. */
  readonly isTried: (renewal: Renewal) => boolean;
  /** Before this instant no other replica is renewed. */
  readonly notBefore: Date | undefined;
  readonly now: Date;
}

/**
 * Which replica is renewed, and when; pure. A pod with a claim never is: whether its volume can move to another node is not known, and
 * one that cannot would bring the pod back to the node where it was, or leave it pending.
 */
export function planRenewal(input: RenewalInput): RenewalPlan {
  const { renewals, replicasPerShard, nodesKnown, hasClaims, isTried } = input;
  if (replicasPerShard === 0) return { kind: 'Person', why: 'NoReplicas' };
  // The remedy is known once everything is settled; a renewal that is in progress has to end first.
  const unsettled = whyUnsettled(input);
  if (unsettled !== undefined) return { kind: 'Held', because: unsettled };
  const [first] = renewals;
  if (first === undefined) return { kind: 'Person', why: nodesKnown ? 'NoNode' : 'NodesUnknown' };
  if (hasClaims) return { kind: 'Person', why: 'Claims', renewal: first };
  const renewal = renewals.find((each) => !isTried(each));
  if (renewal === undefined) return { kind: 'Person', why: 'Tried', renewal: first };
  const because = input.pausedBecause ?? whyFrozen(input) ?? whyBusy(input) ?? whyTooSoon(input);
  return because === undefined ? { kind: 'Renew', renewal } : { kind: 'Held', renewal, because };
}

/** `Steady`: every shard has its replicas, all are linked, and all nodes agree. */
function whyUnsettled({ plan, notReady }: RenewalInput): string | undefined {
  if (plan.state !== 'Steady') return `Redis is not steady: ${plan.reason}`;
  return notReady === undefined ? undefined : `${notReady} is not ready`;
}

/** An override opens the freeze for changes that are urgent; this one is not. */
function whyFrozen({ publishedFreeze, effectiveFreeze, now }: RenewalInput): string | undefined {
  if (publishedFreeze.active || effectiveFreeze.active) {
    const until = publishedFreeze.until ?? effectiveFreeze.until;
    return `a freeze is active${until ? ` until ${formatInstant(until)}` : ''}`;
  }
  const { from } = publishedFreeze;
  return from !== undefined && from.getTime() - now.getTime() <= PHASE_LEAD_MS
    ? `a freeze begins at ${formatInstant(from)}`
    : undefined;
}

/** A rollout renews pods itself, and a pod that starts during a rotation is one more that needs the new passwords. */
function whyBusy({ rolling, secretNotCurrent }: RenewalInput): string | undefined {
  return rolling ? 'a rollout is in progress' : secretNotCurrent;
}

function whyTooSoon({ notBefore }: RenewalInput): string | undefined {
  return notBefore === undefined
    ? undefined
    : `a replica was renewed a moment ago, and the next one is not renewed before ${formatInstant(notBefore)}`;
}
