import { childName } from '../../domain/resources/child-names.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { LeaderTask } from '../../platform/runtime/manager.ts';
import type { Logger } from '../../platform/telemetry/log.ts';

export interface ForeignScalersOptions {
  client: KubeClient;
  /** Empty: all namespaces. */
  namespaces: readonly string[];
  /** PresenceClusters there are, as `namespace/name`. */
  clusters: () => readonly string[];
  /** Asks for a pass over a PresenceCluster. */
  look: (key: string) => void;
  clock: Clock;
  log: Logger;
}

/** One list of all HorizontalPodAutoscalers so often; a watch would keep every one of them in memory. */
const LOOK_EVERY_MS = 30_000;

type HorizontalPodAutoscaler = KubeObject & { spec?: { scaleTargetRef?: { kind?: string; name?: string } } };

/**
 * Finds HorizontalPodAutoscalers of others that scale a Deployment of ours; a ScaledObject of KEDA shows as the one that
 * KEDA makes for it. Two that write one number undo each other's decisions every few seconds.
 */
export class ForeignScalers implements LeaderTask {
  readonly name = 'foreign-scalers';
  readonly #options: ForeignScalersOptions;
  readonly #end = new AbortController();
  /** By `namespace/name` of the PresenceCluster: who scales its presence pods, too. */
  #found: ReadonlyMap<string, string> = new Map();
  #loop: Promise<void> = Promise.resolve();
  #told = false;

  constructor(options: ForeignScalersOptions) {
    this.#options = options;
  }

  /** Kind and name of the other one; undefined when there is none. */
  of(key: string): string | undefined {
    return this.#found.get(key);
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#end.abort(new Error('autoscalers of others are no longer looked for'));
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#end;
    while (!signal.aborted) {
      await this.#look(signal);
      await clock.sleep(LOOK_EVERY_MS, signal).catch(() => {});
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { clusters, look, log } = this.#options;
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
      this.#told = false;
      for (const key of keys) if (before.get(key) !== this.#found.get(key)) look(key);
    } catch (error) {
      if (signal.aborted || this.#told) return;
      // Without the right to list them nothing is found, and everything else works.
      this.#told = true;
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
