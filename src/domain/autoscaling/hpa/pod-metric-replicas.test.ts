import { describe, expect, it } from 'vitest';
import {
  HPA_TOLERANCE,
  type PodMetricReading,
  podMetricReplicas,
  totalMetricReplicas,
} from './pod-metric-replicas.ts';

const TARGET = 70;

function recommend(reading: Partial<PodMetricReading>): number {
  const all = {
    currentReplicas: 10,
    reportingPods: 10,
    mean: 70,
    missingPods: 0,
    unreadyPods: 0,
    ...reading,
  };
  return podMetricReplicas(all, TARGET, HPA_TOLERANCE);
}

describe('podMetricReplicas', () => {
  it.each([
    ['at the target', { mean: 70 }, 10],
    ['at the upper edge of the tolerance', { mean: 77 }, 10],
    ['above it', { mean: 77.1 }, 12],
    ['at the lower edge', { mean: 63 }, 10],
    ['below it', { mean: 62.9 }, 9],
    ['exactly on a whole number', { mean: 140 }, 20],
    ['no pod has a value', { reportingPods: 0, missingPods: 10, mean: Number.NaN }, 10],
    [
      'up, missing pods count as idle',
      { reportingPods: 2, missingPods: 4, currentReplicas: 6, mean: 700 },
      20,
    ],
    [
      'up, pending pods count as idle',
      { reportingPods: 2, unreadyPods: 4, currentReplicas: 6, mean: 700 },
      20,
    ],
    ['up, until idle pods bring it into tolerance', { reportingPods: 5, missingPods: 5, mean: 140 }, 10],
    ['up, but idle pods would turn it down', { reportingPods: 5, missingPods: 5, mean: 80 }, 10],
    ['down, missing pods count as at the target', { reportingPods: 8, missingPods: 2, mean: 35 }, 6],
    ['down, pending pods are left out', { reportingPods: 8, unreadyPods: 2, mean: 35 }, 4],
    ['at the target with missing pods', { reportingPods: 8, missingPods: 2, mean: 70 }, 10],
    // 2 × 140 / 70 = 4 pods of load, and the workload asks for 10 already.
    [
      'up, but fewer than there are',
      { reportingPods: 2, missingPods: 1, mean: 140, currentReplicas: 10 },
      10,
    ],
  ] as const)('%s', (_, reading, expected) => {
    expect(recommend(reading)).toBe(expected);
  });
});

describe('totalMetricReplicas', () => {
  it.each([
    [10, 700, 10],
    [10, 770, 10],
    [10, 771, 12],
    [10, 629, 9],
    [2, 1400, 20],
    [10, 0, 0],
  ])('%i replicas, total %i', (current, total, expected) => {
    expect(totalMetricReplicas(current, total, TARGET, HPA_TOLERANCE)).toBe(expected);
  });
});
