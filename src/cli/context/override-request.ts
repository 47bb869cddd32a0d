import { API_VERSION } from '../../api/schema/group.ts';
import type { RolloutOverride } from '../../api/v1alpha1/kinds.ts';
import type { OverrideScope } from '../../api/v1alpha1/rollout-override.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';

/** Of a ticket that is a long URL, the end says most. */
const MAX_TICKET_PART = 40;

/** What an override opens. */
export type OverrideTarget = { presenceClusterName: string } | { changeFreezeName: string };

/** An override as it is requested on the command line. */
export interface OverrideRequest {
  target: OverrideTarget;
  reason: string;
  ticket: string;
  scope: OverrideScope[];
  /** Now, to make the name of. */
  from: Date;
  until: Date;
}

/** The RolloutOverride of a request, for the user that the API server takes the caller for. */
export function requestedOverride(
  request: OverrideRequest,
  namespace: string,
  requestedBy: string,
): RolloutOverride {
  const { target, reason, ticket, scope, until } = request;
  return {
    apiVersion: API_VERSION,
    kind: 'RolloutOverride',
    metadata: { name: overrideName(request), namespace },
    spec: { ...target, reason, ticket, requestedBy, expiresAt: formatInstant(until), scope },
  };
}

/** `CLUSTER-TICKET-TIME`: an override is never extended, so the next one of the same ticket needs another name. */
export function overrideName({
  target,
  ticket,
  from,
}: Pick<OverrideRequest, 'target' | 'ticket' | 'from'>): string {
  const time = formatInstant(from).replaceAll(/[-:]/g, '').toLowerCase();
  const words = ticket.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const ticketPart = words.join('-').slice(-MAX_TICKET_PART).replace(/^-/, '');
  const name = 'changeFreezeName' in target ? target.changeFreezeName : target.presenceClusterName;
  return [name, ticketPart, time].filter((part) => part !== '').join('-');
}
