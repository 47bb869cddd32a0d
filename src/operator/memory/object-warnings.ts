import type { KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import type { ObjectWarning } from '../cluster-state/pod-cause.ts';
import type { WarningTarget } from '../cluster-state/warning-targets.ts';

/** An Event of events.k8s.io/v1, as far as it is read. */
interface ReadEvent extends KubeObject {
  type?: string;
  reason?: string;
  note?: string;
  eventTime?: string;
  deprecatedLastTimestamp?: string;
  series?: { lastObservedTime?: string };
  regarding?: { uid?: string };
}

/** Events are read while something is wrong only, and no more often per object. */
const READ_AGAIN_MS = 30_000;
/** Pause after an answer that the operator may not read events. */
const FORBIDDEN_MS = 600_000;
/** One cause is shown; a PresenceCluster with ninety shards that all fail has the same one. */
const MAX_TARGETS = 4;
/** More than the events of one object within the hour that they are kept. */
const MAX_EVENTS = 50;
/** The StatefulSet controller tries again every 1000 s at the latest, so an older event is about trouble that has ended. */
const MAX_AGE_MS = 1_200_000;

/** The newest Warning of objects whose status does not say what is wrong with them, as last read. */
export class ObjectWarnings {
  readonly #known = new Map<string, { readAtMs: number; warning: ObjectWarning | undefined }>();
  #forbiddenUntilMs = 0;

  /**
   * Reads the events of the targets that were not read for a while, and forgets all other objects.
   *
   * @returns by `Kind/name`
   */
  async look(
    client: Pick<KubeClient, 'list'>,
    namespace: string,
    targets: readonly WarningTarget[],
    { now, nowMs, signal }: { now: Date; nowMs: number; signal: AbortSignal },
  ): Promise<ReadonlyMap<string, ObjectWarning>> {
    const wanted = targets.slice(0, MAX_TARGETS);
    const keys = new Set(wanted.map(keyOfTarget));
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key);
    for (const target of wanted) {
      const known = this.#known.get(keyOfTarget(target));
      const isFresh = known !== undefined && nowMs - known.readAtMs < READ_AGAIN_MS;
      if (isFresh || nowMs < this.#forbiddenUntilMs) continue;
      await this.#read(client, namespace, target, { now, nowMs, signal });
    }
    return new Map(
      [...this.#known].flatMap(([key, { warning }]) =>
        warning === undefined ? [] : [[key, warning] as const],
      ),
    );
  }

  async #read(
    client: Pick<KubeClient, 'list'>,
    namespace: string,
    target: WarningTarget,
    { now, nowMs, signal }: { now: Date; nowMs: number; signal: AbortSignal },
  ): Promise<void> {
    try {
      const { items } = await client.list<ReadEvent>(builtin.Event, {
        namespace,
        fieldSelector: `regarding.kind=${target.kind},regarding.name=${target.name},type=Warning`,
        limit: MAX_EVENTS,
        signal,
      });
      const warning = newest(items, target, now);
      this.#known.set(keyOfTarget(target), { readAtMs: nowMs, warning });
    } catch (error) {
      signal.throwIfAborted();
      // A hint only: without it the condition says that pods are missing, and not why.
      const forbidden = error instanceof KubeError && error.disposition === 'forbidden';
      this.#forbiddenUntilMs = nowMs + (forbidden ? FORBIDDEN_MS : READ_AGAIN_MS);
    }
  }
}

function newest(events: readonly ReadEvent[], { uid }: WarningTarget, now: Date): ObjectWarning | undefined {
  const current = events
    .filter(({ regarding }) => uid === undefined || regarding?.uid === undefined || regarding.uid === uid)
    .map((event) => ({ event, at: lastSeen(event) }))
    .filter(({ at }) => now.getTime() - at < MAX_AGE_MS)
    .sort((a, b) => b.at - a.at)[0]?.event;
  return current === undefined ? undefined : { reason: current.reason ?? '', message: current.note ?? '' };
}

function lastSeen({ series, deprecatedLastTimestamp, eventTime, metadata }: ReadEvent): number {
  const times = [series?.lastObservedTime, deprecatedLastTimestamp, eventTime, metadata.creationTimestamp];
  return Math.max(...times.map((at) => Date.parse(at ?? '')).filter((at) => !Number.isNaN(at)), 0);
}

function keyOfTarget({ kind, name }: WarningTarget): string {
  return `${kind}/${name}`;
}
