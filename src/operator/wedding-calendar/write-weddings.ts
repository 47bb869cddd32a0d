import { API_VERSION } from '../../api/schema/group.ts';
import type { FeedProblem } from '../../api/v1alpha1/feed-problems.ts';
import type { Wedding, WeddingCalendar } from '../../api/v1alpha1/kinds.ts';
import { ANNOTATION, FIELD_MANAGER, LABEL } from '../../api/v1alpha1/names.ts';
import type { NamedBooking } from '../../domain/feed/booking.ts';
import { MANAGED_BY } from '../../domain/resources/manifest.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { ownType } from '../objects/kinds.ts';

/** Enough to write 20,000 Weddings in minutes, and little beside what else the API server does. */
const WRITES_AT_ONCE = 8;

export interface Written {
  /** Weddings that were made or changed. */
  applied: number;
  removed: number;
  problems: FeedProblem[];
}

/**
 * Writes what changed. A Wedding that the API server refuses costs only itself; a field of another manager stays
 * theirs.
 *
 * @throws {KubeError} when the API server is in trouble; written Weddings stay, and the next poll writes the rest
 */
export async function writeWeddings(
  client: KubeClient,
  calendar: WeddingCalendar,
  { apply, remove }: { apply: readonly NamedBooking[]; remove: readonly Wedding[] },
  signal: AbortSignal,
): Promise<Written> {
  const written: Written = { applied: 0, removed: 0, problems: [] };
  const { namespace } = calendar.metadata;
  await inParallel(apply, async (booking) => {
    const options = { fieldManager: FIELD_MANAGER.calendar, force: false, signal };
    const problem = await refusal(() => client.apply(weddingOf(calendar, booking), options));
    if (problem === undefined) written.applied += 1;
    else written.problems.push({ uid: booking.uid, ...problem });
  });
  await inParallel(remove, async ({ metadata }) => {
    const { name, uid } = metadata;
    const problem = await refusal(() =>
      client.delete(ownType('Wedding'), namespace, name, { signal, ...(uid === undefined ? {} : { uid }) }),
    );
    if (problem === undefined) written.removed += 1;
    else written.problems.push({ uid: metadata.annotations?.[ANNOTATION.feedUid] ?? name, ...problem });
  });
  return written;
}

function weddingOf(calendar: WeddingCalendar, { name, uid, recurrence, spec }: NamedBooking): KubeObject {
  const feedUid = recurrence === '' ? uid : `${uid} ${recurrence}`;
  return {
    apiVersion: API_VERSION,
    kind: 'Wedding',
    metadata: {
      name,
      namespace: calendar.metadata.namespace,
      labels: { [LABEL.managedBy]: MANAGED_BY, [LABEL.calendar]: calendar.metadata.name },
      annotations: { [ANNOTATION.feedUid]: feedUid },
    },
    spec,
  };
}

async function refusal(write: () => Promise<unknown>): Promise<Omit<FeedProblem, 'uid'> | undefined> {
  try {
    await write();
    return undefined;
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    switch (error.disposition) {
      case 'conflict':
        return { reason: 'EditedElsewhere', message: error.message };
      case 'terminal':
      case 'forbidden':
        return { reason: 'Refused', message: error.message };
      case 'gone':
      case 'backoff':
        throw error;
    }
  }
}

/** Does something for each item, some at once; stops at the first error. */
async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(WRITES_AT_ONCE, items.length) }, worker));
}
