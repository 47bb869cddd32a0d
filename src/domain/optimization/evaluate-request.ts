import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import {
  DEFAULT_DISCONNECT_MS,
  MAX_DISCONNECT_MS,
  type OptimizationType,
  type PresenceOptimizationSpec,
} from '../../api/v1alpha1/presence-optimization.ts';
import { parseDuration } from '../calendar/duration.ts';
import { formatInstant } from '../calendar/instant.ts';
import { MAX_REQUESTS, roomAt } from './request-window.ts';
import { MAX_REVOCATIONS } from './revocation-list.ts';

/** The state that a request is evaluated against. */
export interface RequestContext {
  /** Instants, in milliseconds, at which requests of the same user were made that were not refused for their rate. */
  taken: readonly number[];
  /** When it was made, by the API server's clock. */
  at: Date;
  now: Date;
  /** The PresenceCluster that it names; undefined when there is none. */
  cluster?:
    | { scaling: Pick<PresenceClusterSpec['scaling'], 'mode' | 'maxReplicas'>; frozenUntil?: Date }
    | undefined;
  /** Other Disconnects of the PresenceCluster that are active. */
  disconnects: number;
}

export type RefusalReason =
  | 'RateLimited'
  | 'NotAvailable'
  | 'Frozen'
  | 'UnknownCluster'
  | 'TooLate'
  | 'TooLong'
  | 'TooMany';

export interface Accepted {
  kind: 'accepted';
  message: string;
  until?: Date;
}

/** What becomes of a request. `until` is the end of a hold or a Disconnect. */
export type Verdict =
  | Accepted
  | { kind: 'refused'; reason: RefusalReason; message: string; retryAfter?: Date };

/** Operations that take pods away or restart them: a freeze refuses these. Looking and adding pods is never frozen. */
const CHANGES_PODS: ReadonlySet<OptimizationType> = new Set(['Rebalance']);
const NOT_AVAILABLE: ReadonlySet<OptimizationType> = new Set(['Prewarm', 'Rebalance']);
/** Modes in which the autoscaler writes the number of pods, so that a floor has an effect. */
const WRITING_MODES: ReadonlySet<string> = new Set(['Multipliers', 'ScaleOutOnly', 'Full']);

/** Whether a request is carried out. The rate comes first: requests beyond it are not evaluated further. */
export function evaluateRequest(spec: PresenceOptimizationSpec, context: RequestContext): Verdict {
  const room = roomAt(context.taken, context.at.getTime());
  if (room.kind === 'full') {
    const retryAfter = new Date(room.retryAfter);
    const message = `${spec.requestedBy} made more than ${MAX_REQUESTS} requests within a minute; the next is accepted at ${formatInstant(retryAfter)}.`;
    return { kind: 'refused', reason: 'RateLimited', message, retryAfter };
  }
  const { cluster, now } = context;
  if (cluster === undefined) {
    const message = `There is no PresenceCluster ${spec.presenceClusterName} in the namespace.`;
    return { kind: 'refused', reason: 'UnknownCluster', message };
  }
  if (CHANGES_PODS.has(spec.type) && cluster.frozenUntil !== undefined && cluster.frozenUntil > now) {
    const until = formatInstant(cluster.frozenUntil);
    const message = `${spec.type} would change pods, and ${spec.presenceClusterName} is frozen until ${until}.`;
    return { kind: 'refused', reason: 'Frozen', message, retryAfter: cluster.frozenUntil };
  }
  if (NOT_AVAILABLE.has(spec.type)) {
    return {
      kind: 'refused',
      reason: 'NotAvailable',
      message: `This version does not support ${spec.type}.`,
    };
  }
  if (spec.type === 'HoldReplicas') return evaluateHold(spec.holdReplicas, context.at, now, cluster.scaling);
  if (spec.disconnect !== undefined) return evaluateDisconnect(spec.disconnect, context);
  return { kind: 'accepted', message: 'The operator reconciles the PresenceCluster now.' };
}

/** A freeze does not matter: no pod changes. */
function evaluateDisconnect(
  { for: length, until: end, tokens, wedding }: NonNullable<PresenceOptimizationSpec['disconnect']>,
  { at, now, disconnects }: RequestContext,
): Verdict {
  const lengthMs = length === undefined ? DEFAULT_DISCONNECT_MS : parseDuration(length);
  const until = end === undefined ? new Date(at.getTime() + lengthMs) : new Date(end);
  const refuse = (reason: RefusalReason, message: string): Verdict => ({ kind: 'refused', reason, message });
  if (until <= now)
    return refuse('TooLate', `The person would be refused until ${formatInstant(until)}, which is over.`);
  if (until.getTime() - at.getTime() > MAX_DISCONNECT_MS)
    return refuse('TooLong', 'spec.disconnect.until is more than 720h after the creation of the request.');
  if (disconnects >= MAX_REVOCATIONS)
    return refuse(
      'TooMany',
      `${MAX_REVOCATIONS} are active, as many as there may be; delete one or wait for its end.`,
    );
  const which = tokens === 'IssuedBefore' ? `with tokens issued before ${formatInstant(at)} ` : '';
  const where = wedding === undefined ? '' : ` in wedding ${wedding}`;
  const message = `Presence pods refuse the person ${which}until ${formatInstant(until)}${where}.`;
  return { kind: 'accepted', message, until };
}

function evaluateHold(
  hold: PresenceOptimizationSpec['holdReplicas'],
  at: Date,
  now: Date,
  { mode, maxReplicas }: { mode: string; maxReplicas: number },
): Verdict {
  if (hold === undefined || !WRITING_MODES.has(mode)) {
    const message = `In mode ${mode} the autoscaler does not write the number of pods, so it cannot hold one.`;
    return { kind: 'refused', reason: 'NotAvailable', message };
  }
  const until = new Date(at.getTime() + parseDuration(hold.for));
  if (until <= now) {
    const message = `The hold would have ended at ${formatInstant(until)}.`;
    return { kind: 'refused', reason: 'TooLate', message };
  }
  const cut = hold.replicas > maxReplicas ? `, limited to ${maxReplicas} by maxReplicas` : '';
  const message = `At least ${hold.replicas} presence pods until ${formatInstant(until)}${cut}.`;
  return { kind: 'accepted', message, until };
}
