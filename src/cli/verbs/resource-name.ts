import { GROUP } from '../../api/schema/group.ts';

/** What `kubectl -o name` prints: `presencecluster.presence.wedsync.io/wedsync`. */
export function resourceName(kind: string, name: string): string {
  return `${kind.toLowerCase()}.${GROUP}/${name}`;
}
