import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import type { RotationPhase } from '../../domain/resources/credentials.ts';
import type { ClusterFinding } from './cluster-finding.ts';
import type { Observed } from './observed.ts';

/** Value of the annotation that asks for new passwords. */
export function rotationAskedBy({ metadata }: PresenceCluster): string | undefined {
  return metadata.annotations?.[ANNOTATION.rotateCredentials];
}

const DOING: Record<RotationPhase, string> = {
  Adding: 'The servers learn new passwords beside those in use',
  Switched: 'The new passwords are in use, and the old ones are taken for 10 minutes more',
  Removing: 'The servers forget the old passwords',
};

/** Whether everybody has the passwords that the Redis servers take; pure. */
export function credentialsFinding({ aclSecret, cluster }: Observed): ClusterFinding {
  const type = 'CredentialsCurrent';
  if (aclSecret?.problem !== undefined) return { type, status: 'False', ...aclSecret.problem };
  const { rotation, askedBy, replaced = [] } = aclSecret?.credentials ?? {};
  if (rotation !== undefined) {
    const message = `${DOING[rotation.phase]}, since ${formatInstant(rotation.since)}.`;
    return { type, status: 'False', reason: 'Rotating', message };
  }
  const asked = rotationAskedBy(cluster);
  if (aclSecret?.credentials !== undefined && asked !== undefined && asked !== askedBy) {
    return { type, status: 'False', reason: 'Rotating', message: 'New passwords are asked for.' };
  }
  if (replaced.length > 0) {
    const message = 'The old password of the user probe is taken until every Redis pod was started anew.';
    return { type, status: 'True', reason: 'ProbePending', message };
  }
  return { type, status: 'True', reason: 'Current', message: 'Everybody has the passwords in use.' };
}
