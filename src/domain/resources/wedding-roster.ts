import type { PresenceCluster, Wedding } from '../../api/v1alpha1/kinds.ts';
import { formatInstant } from '../calendar/instant.ts';
import { acceptWedding } from '../calendar/wedding-interval.ts';
import { childName } from './child-names.ts';
import { childMetadata, type Manifest } from './manifest.ts';

/** Key of the ConfigMap, and the file name where it is mounted. */
export const WEDDINGS_FILE = 'weddings.json';

const DAY_MS = 86_400_000;
/** A party of yesterday may be on still, in any zone; those of the day after tomorrow are sent in good time. */
const DAYS_BEFORE = 2;
const DAYS_AFTER = 3;
/** A ConfigMap holds 1 MiB; a wedding takes some 200 bytes. */
const MOST_WEDDINGS = 4_000;

/**
 * The weddings around `now` as the presence servers get them: when each is, whether it still counts, and who is
 * expected. The servers read no Kubernetes API; the kubelet renews the mounted file within about a minute. Weddings that
 * were not accepted are left out.
 */
export function weddingRoster(owner: PresenceCluster, weddings: readonly Wedding[], now: Date): Manifest {
  const [first, last] = [-DAYS_BEFORE, DAYS_AFTER].map((days) =>
    new Date(now.getTime() + days * DAY_MS).toISOString().slice(0, 10),
  );
  const near = weddings
    .filter(({ spec }) => spec.date >= (first ?? '') && spec.date <= (last ?? ''))
    .flatMap(entryOf)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, MOST_WEDDINGS);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMetadata(owner, childName.presenceWeddings(owner.metadata.name), 'presence'),
    data: { [WEDDINGS_FILE]: JSON.stringify({ weddings: Object.fromEntries(near) }) },
  };
}

function entryOf({ metadata, spec }: Wedding): [string, object][] {
  const accepted = acceptWedding(spec);
  if (!accepted.accepted) return [];
  const { state, team } = spec;
  const [from, until] = [formatInstant(accepted.ceremony), formatInstant(accepted.ends)];
  return [[metadata.name, { from, until, state, team }]];
}
