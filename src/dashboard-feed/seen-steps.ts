import type { RecordedStep } from '../api/dashboard/timeline.ts';
import { HISTORY_STEP_SECONDS } from '../domain/autoscaling/history/load-history.ts';

/** A day of steps in which only the connections change. */
export const MOST_SEEN_STEPS = 288;
const STEP_MS = HISTORY_STEP_SECONDS * 1000;
/** Of one step: when, how many pods, how many connections. */
const NUMBERS = 3;

/**
 * Pods and connections of one PresenceCluster as they were seen. A change of the pods is a step; connections change with each
 * status, and have at most one step per five minutes. Plain numbers take a fraction of what as many objects would.
 */
export class SeenSteps {
  readonly #numbers: number[] = [];

  see(nowMs: number, pods: number, connections: number = Number.NaN): void {
    const [lastMs = Number.NEGATIVE_INFINITY, lastPods, lastConnections] = this.#numbers.slice(-NUMBERS);
    if (lastPods === pods && (Object.is(lastConnections, connections) || nowMs - lastMs < STEP_MS)) return;
    this.#numbers.push(nowMs, pods, connections);
    if (this.#numbers.length > NUMBERS * MOST_SEEN_STEPS) this.#numbers.splice(0, NUMBERS);
  }

  /** Oldest first. */
  steps(): RecordedStep[] {
    const steps: RecordedStep[] = [];
    for (let index = 0; index < this.#numbers.length; index += NUMBERS) {
      const [atMs = 0, pods = 0, connections = 0] = this.#numbers.slice(index, index + NUMBERS);
      const step: RecordedStep = { at: new Date(atMs).toISOString(), pods };
      if (!Number.isNaN(connections)) step.connections = connections;
      steps.push(step);
    }
    return steps;
  }
}
