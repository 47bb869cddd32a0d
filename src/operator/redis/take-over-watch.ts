import type { TakeOverStep } from '../../domain/topology/step.ts';

/** Observations further apart than this say nothing about the time between them. */
const MAX_GAP_MS = 5_000;

interface Span {
  readonly sinceMs: number;
  readonly lastMs: number;
}

interface Agreement extends Span {
  /** Milliseconds before the first observation for which Kubernetes and the peers had no answer either. */
  readonly beforeMs: number;
}

export interface TakeOverObservation {
  /** The take-overs that the topology plan asks for. */
  readonly steps: readonly TakeOverStep[];
  /** Pods that did not answer. */
  readonly silent: readonly string[];
  /** Monotonic milliseconds. */
  readonly nowMs: number;
  readonly nodeTimeoutMs: number;
}

/**
 * How long Kubernetes and Redis have agreed on a take-over in one PresenceCluster: a single observation may be wrong in both. The
 * period ends when the pod answers. It begins when the last of three had no answer from it: the operator, by its own
 * observations; the kubelet, with the first of the probes that failed in a row; the peers, one node time-out before they
 * reported the failure.
 */
export class TakeOverWatch {
  #before: { wishes: ReadonlyMap<string, Agreement>; silent: ReadonlyMap<string, Span> } | undefined;

  /** Records this observation and returns the first step on which all three have agreed for two node time-outs. */
  confirmed({ steps, silent, nowMs, nodeTimeoutMs }: TakeOverObservation): TakeOverStep | undefined {
    const before = this.#before;
    const spans = new Map(silent.map((pod) => [pod, extended(before?.silent.get(pod), nowMs)]));
    const wishes = new Map(
      steps.map((step): [string, Agreement] => {
        const old = before?.wishes.get(step.pod);
        const span = extended(old, nowMs);
        const known = span.sinceMs === old?.sinceMs ? old.beforeMs : nodeTimeoutMs;
        return [step.pod, { ...span, beforeMs: Math.min(known, step.probeFailureWindowMs) }];
      }),
    );
    this.#before = { wishes, silent: spans };
    return steps.find(({ pod, lost }) => {
      const { sinceMs, beforeMs } = wishes.get(pod) ?? { sinceMs: nowMs, beforeMs: 0 };
      const silentMs = lost.map((each) => spans.get(each)?.sinceMs ?? nowMs);
      return nowMs - Math.max(sinceMs - beforeMs, ...silentMs) >= 2 * nodeTimeoutMs;
    });
  }
}

function extended(span: Span | undefined, nowMs: number): Span {
  const goesOn = span !== undefined && nowMs - span.lastMs <= MAX_GAP_MS;
  return { sinceMs: goesOn ? span.sinceMs : nowMs, lastMs: nowMs };
}
