import type { PresenceCluster } from '../../../api/v1alpha1/kinds.ts';
import { ANNOTATION } from '../../../api/v1alpha1/names.ts';
import { formatInstant } from '../../../domain/calendar/instant.ts';
import {
  FILES_SETTLE_MS,
  type ReplacedPassword,
  type RotationPhase,
} from '../../../domain/resources/credentials.ts';
import type { Observed } from '../../cluster-state/observed.ts';
import type { Pod } from '../../cluster-state/pod.ts';
import type { ClusterCondition } from './cluster-condition.ts';

/** Value of the annotation that asks for new passwords. */
export function rotationAskedBy({ metadata }: PresenceCluster): string | undefined {
  return metadata.annotations?.[ANNOTATION.rotateCredentials];
}

const DOING: Record<RotationPhase, string> = {
  Adding: 'Adding the new passwords to the servers beside the current ones',
  Switched: 'The new passwords are in use; the old ones stay valid for 10 more minutes',
  Removing: 'Removing the old passwords from the servers',
};

/** Of the schema. */
const MAX_MESSAGE = 1024;
const NAMED_PODS = 5;

/** The pods whose probes still have a password that was replaced. */
function olderThan(pods: readonly Pod[], replaced: readonly ReplacedPassword[]): string {
  const names = pods
    .filter(({ status }) =>
      (status?.containerStatuses ?? []).some(({ state }) =>
        replaced.some(
          ({ replacedAt }) =>
            Date.parse(state?.running?.startedAt ?? '') < replacedAt.getTime() + FILES_SETTLE_MS,
        ),
      ),
    )
    .map(({ metadata }) => metadata.name)
    .sort();
  const more = names.length > NAMED_PODS ? ` and ${names.length - NAMED_PODS} more` : '';
  return names.length === 0 ? 'every Redis pod' : `each of ${names.slice(0, NAMED_PODS).join(', ')}${more}`;
}

/** Whether operator, presence pods and probes use the passwords that the Redis servers accept; pure. */
export function credentialsCondition(
  { aclSecret, cluster, redisPods }: Observed,
  waitsFor?: string,
): ClusterCondition {
  const type = 'CredentialsCurrent';
  if (aclSecret?.problem !== undefined) return { type, status: 'False', ...aclSecret.problem };
  const { rotation, askedBy, replaced = [] } = aclSecret?.credentials ?? {};
  if (rotation !== undefined) {
    const waiting = waitsFor === undefined ? '' : ` Waiting: ${waitsFor}.`;
    const message = `${DOING[rotation.phase]} (since ${formatInstant(rotation.since)}).${waiting}`.slice(
      0,
      MAX_MESSAGE,
    );
    return { type, status: 'False', reason: 'Rotating', message };
  }
  const asked = rotationAskedBy(cluster);
  if (aclSecret?.credentials !== undefined && asked !== undefined && asked !== askedBy) {
    return { type, status: 'False', reason: 'Rotating', message: 'New passwords are requested.' };
  }
  if (replaced.length > 0) {
    const until = olderThan(redisPods, replaced);
    const message = `The old password of the user probe stays valid until ${until} has restarted.`;
    return { type, status: 'True', reason: 'ProbePending', message };
  }
  return {
    type,
    status: 'True',
    reason: 'Current',
    message: 'Operator, presence pods and probes use the current passwords.',
  };
}
