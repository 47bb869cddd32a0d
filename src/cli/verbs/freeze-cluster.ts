import { type SpecWindow, specWindow } from '../../api/v1alpha1/freeze-window.ts';
import { PRESENCE_CLUSTER, type PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { withCluster } from '../context/cluster-client.ts';
import type { ClusterTarget } from '../context/context.ts';
import { CliFailure } from '../context/failure.ts';
import type { FreezeNowRequest } from '../context/freeze-now-request.ts';

const FIELD_MANAGER = 'kubectl-presence';
/** Begins the names of windows that this verb makes. */
const OURS = 'now-';

/**
 * Adds a manual window to a PresenceCluster, and drops those of this verb that are over. The list of windows is one
 * field for the API server, so the patch holds only for the version that was read: a change between is a conflict.
 *
 * @throws {CliFailure} when there is no such PresenceCluster, and with the refusal of the API server
 */
export function freezeNow(
  clock: Clock,
  version: string,
  target: ClusterTarget,
  request: FreezeNowRequest,
): Promise<PresenceCluster> {
  return withCluster(clock, version, target, async ({ client, namespace }) => {
    const name = request.presenceClusterName;
    const found = await client.get(PRESENCE_CLUSTER, namespace, name);
    if (found === undefined)
      throw new CliFailure(`there is no PresenceCluster named ${name} in namespace ${namespace}`);
    const { spec, metadata } = found as unknown as { spec?: SpecWithFreeze } & typeof found;
    const windows = withWindow(spec?.freeze?.windows ?? [], request);
    const patched = await client.patch(
      PRESENCE_CLUSTER,
      namespace,
      name,
      { metadata: { resourceVersion: metadata.resourceVersion }, spec: { freeze: { windows } } },
      { fieldManager: FIELD_MANAGER },
    );
    return patched as unknown as PresenceCluster;
  });
}

interface SpecWithFreeze {
  freeze?: { windows?: SpecWindow[] };
}

/** The windows of a spec with the asked one at the end. */
export function withWindow(
  windows: readonly SpecWindow[],
  { reason, from, until }: Pick<FreezeNowRequest, 'reason' | 'from' | 'until'>,
): SpecWindow[] {
  const name = `${OURS}${formatInstant(from).replaceAll(/[-:]/g, '').toLowerCase()}`;
  const kept = windows.filter(
    (window) => !window.name.startsWith(OURS) || !(Date.parse(window.until) <= from.getTime()),
  );
  return [
    ...kept,
    specWindow.parse({ name, from: formatInstant(from), until: formatInstant(until), reason }),
  ];
}
