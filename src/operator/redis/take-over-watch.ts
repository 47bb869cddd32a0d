import type { TakeOverStep } from '../../domain/topology/step.ts';

/** Looks further apart than this say nothing of the time between them. */
const LONGEST_GAP_MS = 5_000;

interface Span {
  readonly sinceMs: number;
  readonly lastMs: number;
}

interface Agreement extends Span {
  /** Milliseconds before the first look for which Kubernetes and the peers had had no answer either. */
  readonly beforeMs: number;
}

export interface TakeOverLook {
  /** The take-overs that this look asks for. */
  readonly steps: readonly TakeOverStep[];
  /** Pods that did not answer it. */
  readonly silent: readonly string[];
  /** Monotonic milliseconds. */
  readonly nowMs: number;
  readonly nodeTimeoutMs: number;
}

/**
 * How long Kubernetes and Redis have agreed on a take-over: a single look may have met a moment in which both were wrong. The
 * period ends with every answer, and begins when the last of the three was first without one: the operator, whose looks
 * tell; the kubelet, with the first of the probes that failed in a row; the peers, a node time-out before they said so.
 * Keys are namespace/name.
 */
export class TakeOverWatch {
  readonly #clusters = new Map<
    string,
    { wishes: ReadonlyMap<string, Agreement>; silent: ReadonlyMap<string, Span> }
  >();

  /** Notes what this look found, and gives the first step on which all have agreed for two node time-outs. */
  ripe(key: string, { steps, silent, nowMs, nodeTimeoutMs }: TakeOverLook): TakeOverStep | undefined {
    const before = this.#clusters.get(key);
    const spans = new Map(silent.map((pod) => [pod, extended(before?.silent.get(pod), nowMs)]));
    const wishes = new Map(
      steps.map((step): [string, Agreement] => {
        const old = before?.wishes.get(step.pod);
        const span = extended(old, nowMs);
        const known = span.sinceMs === old?.sinceMs ? old.beforeMs : nodeTimeoutMs;
        return [step.pod, { ...span, beforeMs: Math.min(known, step.askedInVainMs) }];
      }),
    );
    if (silent.length === 0 && steps.length === 0) this.#clusters.delete(key);
    else this.#clusters.set(key, { wishes, silent: spans });
    return steps.find(({ pod, lost }) => {
      const { sinceMs, beforeMs } = wishes.get(pod) ?? { sinceMs: nowMs, beforeMs: 0 };
      const silentMs = lost.map((each) => spans.get(each)?.sinceMs ?? nowMs);
      return nowMs - Math.max(sinceMs - beforeMs, ...silentMs) >= 2 * nodeTimeoutMs;
    });
  }

  forget(key: string): void {
    this.#clusters.delete(key);
  }
}

function extended(span: Span | undefined, nowMs: number): Span {
  const goesOn = span !== undefined && nowMs - span.lastMs <= LONGEST_GAP_MS;
  return { sinceMs: goesOn ? span.sinceMs : nowMs, lastMs: nowMs };
}
