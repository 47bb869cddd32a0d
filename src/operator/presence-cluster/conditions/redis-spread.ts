import { formatInstant } from '../../../domain/calendar/instant.ts';
import { PHASE_LEAD_MS } from '../../../domain/freeze/freeze-parameter.ts';
import { judgeMajority, type MajorityVerdict, type Renewal } from '../../../domain/topology/node-majority.ts';
import { isReady } from '../../cluster-state/pod.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import { certificatesCondition } from './certificates-condition.ts';
import { credentialsCondition } from './credentials-condition.ts';

/** What the operator does about a node with too many primaries that no hand-over can relieve. */
export type RenewalPlan =
  /** The replica may be renewed now. */
  | { readonly kind: 'Renew'; readonly renewal: Renewal }
  /** Once this is over. */
  | { readonly kind: 'Held'; readonly renewal?: Renewal; readonly because: string }
  /** Nothing: a person has to. */
  | {
      readonly kind: 'Person';
      readonly why: 'NodesUnknown' | 'NoReplicas' | 'Claims' | 'Tried' | 'NoNode';
      readonly renewal?: Renewal;
    };

export type SpreadPlan = Pick<ReconcilePlan, 'observed' | 'acceptance' | 'decision' | 'desired' | 'roll'>;

/** Nodes are counted only when it matters: there may be thousands. */
export function majorityOf({ observed, decision: { plan } }: SpreadPlan): MajorityVerdict {
  const verdict = judgeMajority(observed.topology, plan, undefined);
  return verdict.kind === 'Spread' || verdict.kind === 'Unknown'
    ? verdict
    : judgeMajority(observed.topology, plan, observed.schedulableNodes());
}

/**
 * Which replica is renewed, and when. A pod with a claim never is: whether its volume may leave the node is not known, and one that
 * may not would bring the pod back to where it was, or nowhere.
 */
export function planRenewal(pass: SpreadPlan, renewals: readonly Renewal[]): RenewalPlan {
  const { observed, acceptance, decision } = pass;
  const { storage, replicasPerShard } = acceptance.serving?.redis ?? {};
  if (replicasPerShard === 0) return { kind: 'Person', why: 'NoReplicas' };
  // What can be done is known when everything is in its place; a renewal that is under way comes first.
  const unsettled = whyUnsettled(pass);
  if (unsettled !== undefined) return { kind: 'Held', because: unsettled };
  const [first] = renewals;
  if (first === undefined)
    return { kind: 'Person', why: observed.schedulableNodes() === undefined ? 'NodesUnknown' : 'NoNode' };
  if (storage?.type !== 'EmptyDir') return { kind: 'Person', why: 'Claims', renewal: first };
  const renewal = renewals.find((each) => observed.renewals.isTried(each) !== true);
  if (renewal === undefined) return { kind: 'Person', why: 'Tried', renewal: first };
  const because = whyFrozen(decision, observed.now) ?? whyBusy(pass) ?? tooSoon(observed);
  return because === undefined ? { kind: 'Renew', renewal } : { kind: 'Held', renewal, because };
}

/** `Steady`: every shard has its replicas, all are linked, and all agree. */
function whyUnsettled({ observed, decision: { plan } }: SpreadPlan): string | undefined {
  if (plan.state !== 'Steady') return `Redis is not steady: ${plan.reason}`;
  const unready = observed.redisPods.find((pod) => !isReady(pod));
  return unready === undefined ? undefined : `${unready.metadata.name} is not ready`;
}

/** An open override lets other things out: this one has time. */
function whyFrozen(
  { publishedFreeze, effectiveFreeze }: ReconcilePlan['decision'],
  now: Date,
): string | undefined {
  if (publishedFreeze.active || effectiveFreeze.active) {
    const until = publishedFreeze.until ?? effectiveFreeze.until;
    return `a freeze is on${until ? ` until ${formatInstant(until)}` : ''}`;
  }
  const { from } = publishedFreeze;
  return from !== undefined && from.getTime() - now.getTime() <= PHASE_LEAD_MS
    ? `a freeze begins at ${formatInstant(from)}`
    : undefined;
}

/** A rollout renews pods itself, and a pod that starts in the middle of a rotation is one more that must learn. */
function whyBusy({ observed, desired, roll }: SpreadPlan): string | undefined {
  const rolls =
    roll.kind !== 'none' ||
    desired.workloads.some(({ released }) => released) ||
    desired.revisions.some(({ component, record }) => component === 'redis' && record.state === 'RollingOut');
  if (rolls) return 'a rollout is under way';
  const ill = [credentialsCondition(observed), ...certificatesCondition(observed)].find(
    ({ status }) => status !== 'True',
  );
  return ill === undefined ? undefined : `condition ${ill.type} is ${ill.reason}`;
}

function tooSoon({ renewals }: ReconcilePlan['observed']): string | undefined {
  const { notBefore } = renewals;
  return notBefore === undefined
    ? undefined
    : `a replica was renewed just now, and the next is not before ${formatInstant(notBefore)}`;
}
