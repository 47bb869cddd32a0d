import type { PRESENCE_OPTIMIZATION_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import type { PresenceOptimization } from '../../api/v1alpha1/kinds.ts';
import type { PresenceOptimizationStatus } from '../../api/v1alpha1/presence-optimization.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import type { Verdict } from '../../domain/optimization/evaluate-request.ts';
import { type AnyCondition, stampConditions } from '../objects/conditions.ts';
import { type DisconnectEffect, inEffectCondition } from './disconnect-effect.ts';

type Accepted = AnyCondition<typeof PRESENCE_OPTIMIZATION_CONDITIONS>;

/** How long a refused request can be read; logs and events keep it longer. */
export const REFUSED_TTL_MS = 10 * 60_000;
export const FINISHED_TTL_MS = 3_600_000;

/**
 * The status that a verdict gives a request; pure.
 *
 * @param effect what presence pods say of a Disconnect; undefined before they were asked
 * @param refusal why the list for the pods could not be written
 */
export function requestStatus(
  request: PresenceOptimization,
  verdict: Verdict,
  now: Date,
  effect?: DisconnectEffect,
  refusal?: string,
): PresenceOptimizationStatus {
  const { generation } = request.metadata;
  const disconnect = effect?.counts ?? request.status?.disconnect;
  const disconnects = request.spec.type === 'Disconnect' && verdict.kind === 'accepted';
  const refused = verdict.kind === 'refused';
  const condition: Accepted = refused
    ? { type: 'Accepted', status: 'False', reason: verdict.reason, message: verdict.message }
    : { type: 'Accepted', status: 'True', reason: 'Accepted', message: verdict.message };
  const ready: Accepted = refused
    ? { type: 'Ready', status: 'False', reason: 'Refused', message: verdict.message }
    : { type: 'Ready', status: 'True', reason: 'Accepted', message: verdict.message };
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase: refused ? 'Refused' : phaseAt(verdict.until, now),
    ...(refused ? { reason: verdict.reason } : {}),
    ...(refused && verdict.retryAfter ? { retryAfter: formatInstant(verdict.retryAfter) } : {}),
    ...(!refused && verdict.until ? { until: formatInstant(verdict.until) } : {}),
    ...(disconnect === undefined ? {} : { disconnect }),
    conditions: stampConditions<typeof PRESENCE_OPTIMIZATION_CONDITIONS>(
      [
        condition,
        ready,
        ...(disconnects ? [inEffectCondition(effect, phaseAt(verdict.until, now), refusal)] : []),
      ],
      request.status?.conditions,
      generation,
      formatInstant(now),
    ),
  };
}

/** An immediate request is done at once. */
function phaseAt(until: Date | undefined, now: Date): 'Active' | 'Done' {
  return until !== undefined && until > now ? 'Active' : 'Done';
}

/** When a request has been over for long enough to be deleted, in milliseconds; undefined while it is not over. */
export function expiryOf({ metadata, status }: PresenceOptimization): number | undefined {
  const created = Date.parse(metadata.creationTimestamp ?? '');
  // An object without a time of creation has not been stored.
  if (Number.isNaN(created)) return undefined;
  switch (status?.phase) {
    case 'Refused':
      return created + REFUSED_TTL_MS;
    case 'Done':
      return (status.until === undefined ? created : Date.parse(status.until)) + FINISHED_TTL_MS;
    case 'Active':
      // It turns into Done first.
      return undefined;
    case undefined:
      return undefined;
  }
}
