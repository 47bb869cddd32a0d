import type { PresenceCluster, PresenceOptimization } from '../../api/v1alpha1/kinds.ts';
import { ANNOTATION, FIELD_MANAGER, LABEL } from '../../api/v1alpha1/names.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import type { Accepted } from '../../domain/optimization/evaluate-request.ts';
import {
  REVOCATIONS_FILE,
  type Revocation,
  revocationsText,
} from '../../domain/optimization/revocation-list.ts';
import { childName } from '../../domain/resources/child-names.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import type { EventRecorder } from '../../platform/kube/events.ts';
import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import { keyOf } from '../../platform/runtime/object-key.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import { type ClusterStores, podsOf } from '../cluster-state/gather.ts';
import type { Pod } from '../cluster-state/pod.ts';
import { FairSlots } from '../load/fair-slots.ts';
import { canBeAsked, type FetchText, fetchMetrics } from '../load/fetch-metrics.ts';
import { isOurs } from '../objects/ownership-conflict.ts';
import { writeStatus } from '../objects/write-status.ts';
import {
  type DisconnectEffect,
  effectMessage,
  effectOf,
  type PodAnswer,
  readRevocations,
} from './disconnect-effect.ts';
import { requestStatus } from './request-status.ts';

export interface DisconnectsOptions {
  client: KubeClient;
  events: EventRecorder;
  stores: Pick<ClusterStores, 'clusters' | 'children' | 'pods'>;
  fetchText: FetchText;
  clock: Clock;
}

interface Disconnect {
  /** As the cache has it. */
  request: PresenceOptimization;
  verdict: Accepted;
}

interface Carried extends Disconnect {
  /** Undefined before pods were asked by this process. */
  effect?: DisconnectEffect;
  /** Status and event have said that every pod refuses the person. */
  isTold: boolean;
}

/** The Disconnects of one PresenceCluster that are on. */
interface Followed {
  /** By key of the request. */
  readonly disconnects: Map<string, Carried>;
  /** When pods are asked again, on the monotonic clock. */
  askAt: number;
  pauseMs: number;
  /** The list that this process wrote last. The cache may not have it yet. */
  sent?: string;
  /** What failed last. */
  failure?: string;
}

/** A kubelet renews the file within about a second of the annotation, and a pod reads it every second. */
const FIRST_PAUSE_MS = 2_000;
/** Also how often the list is compared with the one that the API server has. */
const LONGEST_PAUSE_MS = 60_000;
/** The PresenceCluster is new and its ConfigMap not written yet, or something failed. */
const RETRY_MS = 1_000;
/** Pods that are asked at once. */
const CONCURRENT = { total: 64, perKey: 16 };

/**
 * Carries Disconnects out: writes whom the presence pods refuse into the ConfigMap that they mount, has the kubelets renew that file
 * at once, and asks the pods until each has said that it refuses the person. The pods need neither this operator nor Redis for it.
 */
export class Disconnects {
  readonly #options: DisconnectsOptions;
  readonly #clusters = new Map<string, Followed>();
  readonly #slots = new FairSlots(CONCURRENT);
  /** Whether lists that an earlier process has written were compared with the requests that are left. */
  #hasSwept = false;

  constructor(options: DisconnectsOptions) {
    this.#options = options;
  }

  set(cluster: string, key: string, { request, verdict }: Disconnect): void {
    const followed = this.#follow(cluster);
    const known = followed.disconnects.get(key);
    if (known !== undefined && known.request.metadata.uid === request.metadata.uid) {
      known.request = request;
      return;
    }
    followed.disconnects.set(key, { request, verdict, isTold: saysInEffect(request) });
    followed.askAt = Number.NEGATIVE_INFINITY;
    followed.pauseMs = FIRST_PAUSE_MS;
  }

  end(cluster: string, key: string): void {
    this.#clusters.get(cluster)?.disconnects.delete(key);
  }

  /** How many are on in a PresenceCluster, but this one. */
  count(cluster: string, but: string): number {
    const { disconnects } = this.#clusters.get(cluster) ?? {};
    return disconnects === undefined ? 0 : disconnects.size - (disconnects.has(but) ? 1 : 0);
  }

  /**
   * All PresenceClusters at once: what fails or is silent for one does not hold up the others.
   *
   * @returns after how many milliseconds there is something to do again
   */
  async carryOut(signal: AbortSignal, log: Logger): Promise<number> {
    if (!this.#hasSwept)
      for (const cluster of this.#options.stores.clusters.list()) this.#follow(keyOf(cluster));
    this.#hasSwept = true;
    const pauses = [...this.#clusters].map(async ([key, followed]) => {
      try {
        const pauseMs = await this.#carryOutFor(key, followed, signal);
        delete followed.failure;
        return pauseMs;
      } catch (error) {
        signal.throwIfAborted();
        this.#logFailure(key, followed, error, log);
        return RETRY_MS;
      }
    });
    return Math.min(Number.POSITIVE_INFINITY, ...(await Promise.all(pauses)));
  }

  /** Each different error once: it is tried again every second. */
  #logFailure(cluster: string, followed: Followed, error: unknown, log: Logger): void {
    const message = error instanceof Error ? error.message : String(error);
    if (message !== followed.failure)
      log.error(
        { err: error, cluster },
        'Disconnects of this PresenceCluster could not be carried out, will retry',
      );
    followed.failure = message;
  }

  #follow(cluster: string): Followed {
    const followed = this.#clusters.get(cluster) ?? {
      disconnects: new Map(),
      askAt: Number.NEGATIVE_INFINITY,
      pauseMs: FIRST_PAUSE_MS,
    };
    this.#clusters.set(cluster, followed);
    return followed;
  }

  async #carryOutFor(key: string, followed: Followed, signal: AbortSignal): Promise<number> {
    const { stores, clock } = this.#options;
    const { disconnects } = followed;
    const cluster = stores.clusters.get(key);
    const isPublished =
      cluster === undefined ||
      cluster.metadata.deletionTimestamp !== undefined ||
      (await this.#publishOrTell(cluster, followed, signal));
    if (!isPublished) return RETRY_MS;
    if (disconnects.size === 0) {
      this.#clusters.delete(key);
      return Number.POSITIVE_INFINITY;
    }
    // It may be created again, with a ConfigMap that does not have the list.
    if (cluster === undefined) return LONGEST_PAUSE_MS;
    if ([...disconnects.values()].every(({ isTold }) => isTold)) return LONGEST_PAUSE_MS;
    const now = clock.monotonicMs();
    if (now >= followed.askAt) {
      await this.#askPods(cluster, followed, signal);
      followed.askAt = now + followed.pauseMs;
      followed.pauseMs = Math.min(2 * followed.pauseMs, LONGEST_PAUSE_MS);
    }
    for (const each of disconnects.values()) await this.#tell(cluster, each, signal);
    return Math.max(0, followed.askAt - clock.monotonicMs());
  }

  /** What only a person can cure is in the status of those who are not refused yet. */
  async #publishOrTell(cluster: PresenceCluster, followed: Followed, signal: AbortSignal): Promise<boolean> {
    const { client, clock } = this.#options;
    try {
      return await this.#publish(cluster, followed, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!['forbidden', 'terminal'].includes(dispositionOf(error))) throw error;
      for (const { request, verdict, isTold } of followed.disconnects.values()) {
        if (isTold) continue;
        const status = requestStatus(request, verdict, clock.now(), undefined, (error as Error).message);
        await writeStatus(client, request, status, signal);
      }
      throw error;
    }
  }

  /** False: the ConfigMap is not there yet. One key of it is ours; the reconcile of the PresenceCluster writes the others. */
  async #publish(cluster: PresenceCluster, followed: Followed, signal: AbortSignal): Promise<boolean> {
    const { client, stores } = this.#options;
    const { namespace, name: owner } = cluster.metadata;
    const name = childName.presenceWeddings(owner);
    const live = stores.children
      .byLabel(LABEL.cluster, owner)
      .find(
        ({ kind, metadata }) =>
          kind === 'ConfigMap' && metadata.name === name && metadata.namespace === namespace,
      ) as (KubeObject & { data?: Record<string, string> }) | undefined;
    const written = live?.data?.[REVOCATIONS_FILE];
    const isWritten = written !== undefined || followed.sent !== undefined;
    if (followed.disconnects.size === 0 && !isWritten) return true;
    if (live === undefined || !isOurs(live, cluster)) return false;
    const text = revocationsText([...followed.disconnects.values()].map(revocationOf));
    if (text === written && (followed.sent ?? text) === text) return true;
    // With its uid: without one a deleted ConfigMap would be made again, without labels and owner.
    const { uid = '' } = live.metadata;
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace, uid },
      data: { [REVOCATIONS_FILE]: text },
    };
    await client.apply(object, { fieldManager: FIELD_MANAGER.disconnect, force: true, signal });
    followed.sent = text;
    for (const each of followed.disconnects.values()) {
      if (!each.isTold || written?.includes(idOf(each.request))) continue;
      // Someone removed it: pods may let the person in, and take it over once more.
      each.isTold = false;
      followed.askAt = Number.NEGATIVE_INFINITY;
      followed.pauseMs = FIRST_PAUSE_MS;
    }
    return true;
  }

  async #askPods(cluster: PresenceCluster, followed: Followed, signal: AbortSignal): Promise<void> {
    const { metadata } = cluster;
    const requests = [...followed.disconnects.values()].map(({ request }) => idOf(request));
    const pods = podsOf(this.#options.stores, metadata, 'presence').filter(canBeAsked);
    const answers = new Map(
      await Promise.all(
        pods.map(async (pod): Promise<[string, PodAnswer]> => {
          const answer = await this.#slots.run(keyOf(cluster), () => this.#ask(pod, requests, signal));
          return [pod.metadata.name, answer];
        }),
      ),
    );
    for (const each of followed.disconnects.values()) each.effect = effectOf(idOf(each.request), answers);
  }

  /** Asks a pod. One that has not read the list gets an annotation, by which its kubelet renews the file now and not in a minute. */
  async #ask(pod: Pod, requests: readonly string[], signal: AbortSignal): Promise<PodAnswer> {
    const { client, clock } = this.#options;
    const { namespace, name, uid } = pod.metadata;
    const answer = await fetchMetrics(this.#options, pod, signal).then(readRevocations, () => undefined);
    signal.throwIfAborted();
    if (requests.every((request) => answer?.has(request))) return answer;
    const annotations = { [ANNOTATION.renewFiles]: formatInstant(clock.now()) };
    try {
      const options = { fieldManager: FIELD_MANAGER.disconnect, signal };
      await client.patch(builtin.Pod, namespace, name, { metadata: { uid, annotations } }, options);
    } catch (error) {
      signal.throwIfAborted();
      // The kubelet renews the file by itself, later.
      if (!['gone', 'conflict', 'forbidden', 'terminal'].includes(dispositionOf(error))) throw error;
    }
    return answer;
  }

  /** Writes into the status how far it is, and records an event once every pod refuses the person. */
  async #tell(cluster: PresenceCluster, each: Carried, signal: AbortSignal): Promise<void> {
    const { client, events, clock } = this.#options;
    const { request, verdict, effect } = each;
    if (effect === undefined || each.isTold) return;
    const status = requestStatus(request, verdict, clock.now(), effect);
    try {
      await writeStatus(client, request, status, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (dispositionOf(error) === 'gone') return;
      throw error;
    }
    if (effect.waitsFor !== undefined) return;
    each.isTold = true;
    // The event was recorded before: by the replica that led, or before others removed the person from the list.
    if (saysInEffect(request)) return;
    const note = `${request.metadata.name}: ${effectMessage(effect.counts)}`;
    events.record(cluster, { type: 'Normal', reason: 'DisconnectInEffect', action: 'Disconnect', note });
  }
}

function saysInEffect({ status }: PresenceOptimization): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'InEffect' && is === 'True') ?? false;
}

function idOf({ metadata }: PresenceOptimization): string {
  return metadata.uid ?? metadata.name;
}

function revocationOf({ request, verdict }: Disconnect): Revocation {
  const { subject = '', wedding, tokens = 'All' } = request.spec.disconnect ?? {};
  const from = Date.parse(request.metadata.creationTimestamp ?? '');
  return { request: idOf(request), subject, wedding, tokens, from, until: verdict.until?.getTime() ?? from };
}
