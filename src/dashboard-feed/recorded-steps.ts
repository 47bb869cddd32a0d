import type { RecordedStep } from '../api/dashboard/timeline.ts';
import { decodeHistory, HISTORY_STEP_SECONDS } from '../domain/autoscaling/history/load-history.ts';
import { withPods } from '../domain/autoscaling/history/pod-history.ts';
import { childName } from '../domain/resources/child-names.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { builtin, type KubeObject } from '../platform/kube/resource.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import { SeenSteps } from './seen-steps.ts';

/** The operator writes its history every few minutes. */
const READ_AGAIN_MS = 60_000;
const STEP_MS = HISTORY_STEP_SECONDS * 1000;

interface Recorded {
  history: readonly RecordedStep[];
  readAtMs: number;
}

export interface RecordedOptions {
  client: KubeClient;
  clock: Clock;
  signal: AbortSignal;
  /** Whether the ConfigMaps may be read. */
  readsHistory: boolean;
  /** Called when a history was read that differs. */
  onRead: (key: string) => void;
}

/**
 * Pods and connections that there were: the four weeks that the operator keeps in a ConfigMap in the modes that look at the
 * load, and what was seen since the start. Without the right to read the ConfigMap only the latter.
 */
export class RecordedSteps {
  readonly #options: RecordedOptions;
  readonly #histories = new Map<string, Recorded>();
  readonly #seen = new Map<string, SeenSteps>();

  constructor(options: RecordedOptions) {
    this.#options = options;
  }

  /** Takes down what status says now, when it differs from before. */
  see(key: string, pods: number | undefined, connections: number | undefined): void {
    if (pods === undefined) return;
    const seen = this.#seen.get(key) ?? new SeenSteps();
    this.#seen.set(key, seen);
    seen.see(this.#options.clock.now().getTime(), pods, connections);
  }

  forget(key: string): void {
    this.#seen.delete(key);
    this.#histories.delete(key);
  }

  /** What is known, oldest first; the history is read again in the background where it is old. */
  of(key: string): RecordedStep[] {
    const known = this.#histories.get(key);
    const nowMs = this.#options.clock.monotonicMs();
    const isOld = known === undefined || nowMs - known.readAtMs > READ_AGAIN_MS;
    if (isOld && this.#options.readsHistory) {
      this.#histories.set(key, { history: known?.history ?? [], readAtMs: nowMs });
      void this.#read(key);
    }
    const history = known?.history ?? [];
    const until = history.at(-1)?.at ?? '';
    return [...history, ...(this.#seen.get(key)?.steps() ?? []).filter(({ at }) => at > until)];
  }

  async #read(key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/', 2);
    const { client, signal, clock, onRead } = this.#options;
    try {
      const found = await client.get<KubeObject & { data?: Record<string, string> }>(
        builtin.ConfigMap,
        namespace,
        childName.presenceHistory(name),
        { signal },
      );
      this.#histories.set(key, { history: stepsOf(found?.data), readAtMs: clock.monotonicMs() });
      onRead(key);
    } catch {
      // Not allowed, or not there: the page shows what was seen since the start.
    }
  }
}

/** The steps of the operator's history; none when it is damaged. */
function stepsOf(data: Record<string, string> | undefined): RecordedStep[] {
  const decoded = decodeHistory(data?.history ?? '');
  if (decoded === undefined) return [];
  const { until, steps } = withPods(decoded, data?.pods ?? '');
  return steps.flatMap(({ load, pods }, index) => {
    const step: RecordedStep = { at: new Date(until - (steps.length - 1 - index) * STEP_MS).toISOString() };
    if (pods !== undefined) step.pods = pods;
    if (!Number.isNaN(load)) step.connections = load;
    return pods === undefined && Number.isNaN(load) ? [] : [step];
  });
}
