import { rememberChange, rememberRecommendation, type ScalingMemory } from './scaling-memory.ts';

/**
 * Pods are removed only if there are more than so many times the pods that are needed. A tenth, as a
 * HorizontalPodAutoscaler has it, keeps a pod of ten for ever; the window and the hold already wait.
 */
const SCALE_IN_HYSTERESIS = 1.05;
/** At most twice the pods, or four more, per period: a HorizontalPodAutoscaler has the same. */
const UP_PERIOD_MS = 15_000;
const UP_FACTOR = 2;
const UP_PODS = 4;
/** At most a tenth of the pods, or one, per period: each removal asks people to reconnect. */
const DOWN_PERIOD_MS = 60_000;
const DOWN_SHARE = 0.1;

/** How long a higher recommendation keeps its pods: longer while people are there and no forecast has proven itself. */
export const SCALE_IN_WINDOW_SECONDS = { idle: 300, wedding: 1800 } as const;

export interface StabilizeInput {
  /** Milliseconds since the epoch. */
  now: number;
  /** Pods that are asked for now. */
  current: number;
  recommended: number;
  /** Pods that are needed again soon, at least `recommended`. */
  kept: number;
  /** Pods that no rate limit holds up: people are there already, or the calendar and people promised the number. */
  promised: number;
  windowSeconds: number;
  memory: ScalingMemory;
}

/** Why there are not exactly the pods that were recommended. */
export type Held = 'Hysteresis' | 'KeptForLater' | 'ScaleInWindow' | 'ScaleInRate' | 'ScaleOutRate';

/** A recommendation becomes a number of pods: hysteresis, window and rate limits, with the memory these need. */
export function stabilize(input: StabilizeInput): {
  replicas: number;
  memory: ScalingMemory;
  held: Held | undefined;
} {
  const { now, current, recommended, windowSeconds } = input;
  const [calm, calmHeld] = recommended < current ? scaleIn(input) : [recommended, undefined];
  const memory = rememberRecommendation(input.memory, now, calm, windowSeconds * 1000);
  const inWindow = memory.higher.reduce((most, { replicas }) => Math.max(most, replicas), calm);
  const wanted = calm >= current ? calm : Math.min(current, inWindow);
  const [replicas, rateHeld] = limitRate(input, wanted);
  const windowHeld = wanted > calm ? 'ScaleInWindow' : undefined;
  return {
    replicas,
    memory: rememberChange(memory, now, replicas - current, DOWN_PERIOD_MS),
    held: rateHeld ?? windowHeld ?? calmHeld,
  };
}

function scaleIn({ current, recommended, kept }: StabilizeInput): [number, Held | undefined] {
  const least = Math.max(recommended, kept);
  if (current <= SCALE_IN_HYSTERESIS * least) {
    return [current, least > recommended ? 'KeptForLater' : 'Hysteresis'];
  }
  return [least, least > recommended ? 'KeptForLater' : undefined];
}

function limitRate(
  { now, current, promised, memory }: StabilizeInput,
  wanted: number,
): [number, Held | undefined] {
  if (wanted > current) {
    const start = podsAt(memory, now - UP_PERIOD_MS, current);
    const most = Math.max(UP_FACTOR * start, start + UP_PODS, promised, current);
    return wanted > most ? [most, 'ScaleOutRate'] : [wanted, undefined];
  }
  if (wanted < current) {
    const start = podsAt(memory, now - DOWN_PERIOD_MS, current);
    const least = Math.min(current, start - Math.max(1, Math.floor(start * DOWN_SHARE)));
    return wanted < least ? [least, 'ScaleInRate'] : [wanted, undefined];
  }
  return [wanted, undefined];
}

/** Pods that were asked for at an earlier time. */
function podsAt({ changes }: ScalingMemory, since: number, current: number): number {
  return changes.reduce((pods, { at, change }) => (at > since ? pods - change : pods), current);
}
