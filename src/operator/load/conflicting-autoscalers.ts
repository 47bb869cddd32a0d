import { childName } from '../../domain/resources/child-names.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { LeaderTask } from '../../platform/runtime/manager.ts';
import type { Logger } from '../../platform/telemetry/log.ts';

export interface ConflictingAutoscalersOptions {
  client: KubeClient;
  /** Empty: all namespaces. */
  namespaces: readonly string[];
  /** PresenceClusters there are, as `namespace/name`. */
  clusters: () => readonly string[];
  /** Enqueues a PresenceCluster. */
  enqueue: (key: string) => void;
  clock: Clock;
  log: Logger;
}

/** How often all HorizontalPodAutoscalers are listed; a watch would keep all of them in memory. */
const LIST_EVERY_MS = 30_000;

type HorizontalPodAutoscaler = KubeObject & { spec?: { scaleTargetRef?: { kind?: string; name?: string } } };

/**
 * Finds HorizontalPodAutoscalers that scale a Deployment of ours. A ScaledObject of KEDA is found by the HorizontalPodAutoscaler
 * that KEDA makes for it. Two autoscalers that write one number undo each other's decisions every few seconds.
 */
export class ConflictingAutoscalers implements LeaderTask {
  readonly name = 'conflicting-autoscalers';
  readonly #options: ConflictingAutoscalersOptions;
  readonly #end = new AbortController();
  /** By `namespace/name` of the PresenceCluster: the other autoscaler of its presence pods. */
  #found: ReadonlyMap<string, string> = new Map();
  #loop: Promise<void> = Promise.resolve();
  #warned = false;

  constructor(options: ConflictingAutoscalersOptions) {
    this.#options = options;
  }

  /** Kind and name of the other autoscaler; undefined when there is none. */
  of(key: string): string | undefined {
    return this.#found.get(key);
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#end.abort(new Error('conflicting autoscalers are no longer listed'));
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#end;
    while (!signal.aborted) {
      await this.#list(signal);
      await clock.sleep(LIST_EVERY_MS, signal).catch(() => {});
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { clusters, enqueue, log } = this.#options;
    const keys = clusters();
    if (keys.length === 0) return;
    try {
      const found = scalersByTarget(await this.#listAll(signal));
      const before = this.#found;
      const ours = keys.flatMap((key) => {
        const scaler = found.get(deploymentKey(key));
        return scaler === undefined ? [] : [[key, scaler] as const];
      });
      this.#found = new Map(ours);
      this.#warned = false;
      for (const key of keys) if (before.get(key) !== this.#found.get(key)) enqueue(key);
    } catch (error) {
      if (signal.aborted || this.#warned) return;
      // Without the right to list them nothing is found, and everything else works.
      this.#warned = true;
      log.warn({ err: error }, 'HorizontalPodAutoscalers cannot be listed');
    }
  }

  async #listAll(signal: AbortSignal): Promise<HorizontalPodAutoscaler[]> {
    const { client, namespaces } = this.#options;
    const scopes = namespaces.length === 0 ? [undefined] : namespaces;
    const lists = scopes.map((namespace) =>
      client.list<HorizontalPodAutoscaler>(builtin.HorizontalPodAutoscaler, { namespace, signal }),
    );
    return (await Promise.all(lists)).flatMap(({ items }) => items);
  }
}

/** Scalers of Deployments by `namespace/name` of the Deployment. */
function scalersByTarget(scalers: readonly HorizontalPodAutoscaler[]): Map<string, string> {
  return new Map(
    scalers
      .filter(({ spec }) => spec?.scaleTargetRef?.kind === 'Deployment')
      .map(({ metadata, spec }) => [
        `${metadata.namespace}/${spec?.scaleTargetRef?.name}`,
        `HorizontalPodAutoscaler ${metadata.name}`,
      ]),
  );
}

function deploymentKey(key: string): string {
  const [namespace = '', name = ''] = key.split('/');
  return `${namespace}/${childName.presence(name)}`;
}
