/**
 * One reading of a metric of type Pods, as the HorizontalPodAutoscaler sees it. All pods that are neither deleted nor
 * failed are in exactly one of the three groups.
 */
export interface PodMetricReading {
  /** Replicas that the workload asks for now. */
  currentReplicas: number;
  /** Pods with a value, and the mean of these values. */
  reportingPods: number;
  mean: number;
  /** Pods that run but have no value yet. */
  missingPods: number;
  /** Pods that are pending. */
  unreadyPods: number;
}

/** How far the mean may be from the target, as a share of it, before anything is done. */
export interface Tolerance {
  up: number;
  down: number;
}

/** --horizontal-pod-autoscaler-tolerance */
export const HPA_TOLERANCE: Tolerance = { up: 0.1, down: 0.1 };

/**
 * The replicas that a HorizontalPodAutoscaler recommends for one metric of type Pods (AverageValue), before its
 * behavior is applied. Pods without a value are taken to be at the target when the rest says down, and idle when it
 * says up; a pending pod is idle when the rest says up. Neither may turn the direction.
 *
 * Source: `calcPlainMetricReplicas` in kubernetes `pkg/controller/podautoscaler/replica_calculator.go`.
 *
 * @param target wanted value a pod, above 0
 */
export function podMetricReplicas(reading: PodMetricReading, target: number, tolerance: Tolerance): number {
  const { currentReplicas, reportingPods, mean, missingPods, unreadyPods } = reading;
  if (reportingPods === 0) return currentReplicas;
  const ratio = mean / target;
  if (missingPods === 0 && (unreadyPods === 0 || ratio <= 1)) {
    return within(ratio, tolerance) ? currentReplicas : ceilOf(ratio * reportingPods);
  }
  const { total, pods } = filledIn(reading, target);
  const filled = total / (target * pods);
  if (within(filled, tolerance) || turned(ratio, filled)) return currentReplicas;
  const wanted = ceilOf(filled * pods);
  return turned(filled, wanted / currentReplicas) ? currentReplicas : wanted;
}

/** The metric summed over all pods that count, with an assumed value for those that have none. */
function filledIn(
  { reportingPods, mean, missingPods, unreadyPods }: PodMetricReading,
  target: number,
): { total: number; pods: number } {
  const total = mean * reportingPods;
  if (mean < target) return { total: total + target * missingPods, pods: reportingPods + missingPods };
  if (mean > target) return { total, pods: reportingPods + missingPods + unreadyPods };
  return { total, pods: reportingPods };
}

/** Whether one ratio says up and the other down. */
function turned(one: number, other: number): boolean {
  return (one < 1 && other > 1) || (one > 1 && other < 1);
}

/**
 * The same for a total over all pods (Object or External metric with AverageValue).
 *
 * @param total sum over all pods
 */
export function totalMetricReplicas(
  currentReplicas: number,
  total: number,
  target: number,
  tolerance: Tolerance,
): number {
  const wanted = total / target;
  return within(wanted / currentReplicas, tolerance) ? currentReplicas : ceilOf(wanted);
}

function within(ratio: number, tolerance: Tolerance): boolean {
  return ratio >= 1 - tolerance.down && ratio <= 1 + tolerance.up;
}

/** Rounding errors of a product or quotient of integers must not cost a pod. */
const ROUNDING = 1e-9;

function ceilOf(pods: number): number {
  return Math.max(0, Math.ceil(pods - ROUNDING));
}
