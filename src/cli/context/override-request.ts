import { API_VERSION } from '../../api/schema/group.ts';
import type { RolloutOverride } from '../../api/v1alpha1/kinds.ts';
import type { OverrideScope } from '../../api/v1alpha1/rollout-override.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';

/** Of a ticket that is a long URL, the end says most. */
const MAX_TICKET_PART = 40;

/** An override as it is requested on the command line. */
export interface OverrideRequest {
  presenceClusterName: string;
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
  const { presenceClusterName, reason, ticket, scope, until } = request;
  return {
    apiVersion: API_VERSION,
    kind: 'RolloutOverride',
    metadata: { name: overrideName(request), namespace },
    spec: { presenceClusterName, reason, ticket, requestedBy, expiresAt: formatInstant(until), scope },
  };
}

/** `CLUSTER-TICKET-TIME`: an override is never extended, so the next one of the same ticket needs another name. */
export function overrideName({
  presenceClusterName,
  ticket,
  from,
}: Pick<OverrideRequest, 'presenceClusterName' | 'ticket' | 'from'>): string {
  const time = formatInstant(from).replaceAll(/[-:]/g, '').toLowerCase();
  const words = ticket.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const ticketPart = words.join('-').slice(-MAX_TICKET_PART).replace(/^-/, '');
  return [presenceClusterName, ticketPart, time].filter((part) => part !== '').join('-');
}
