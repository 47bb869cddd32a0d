import { type Combination, type Samples, whole } from './values.ts';

const objective: Samples = {
  // In a window of 30 days a lower one could have no fast burn.
  good: [93.1, 99, 99.9, 99.999],
  bad: [93, 90, 89.99, 99.9991, 100, 100.5, 0, -1, 1e300],
};

export const SLO = {
  windowDays: 30,
  updates: { objective: 99.5, withinMilliseconds: 1000 },
  joins: { objective: 99.9 },
};

export const SLO_FIELDS: Record<string, Samples> = {
  slo: { good: [{}, { windowDays: 7 }], bad: [] },
  'slo.windowDays': whole(7, 90),
  'slo.updates': { good: [{}], bad: [] },
  'slo.updates.objective': objective,
  'slo.updates.withinMilliseconds': {
    good: [100, 250, 500, 1000, 2000, 5000],
    bad: [99, 101, 1500, 5001, 10_000, 0.1, -100, 2 ** 31],
  },
  'slo.joins': { good: [{}], bad: [] },
  'slo.joins.objective': objective,
};

const objectives = (windowDays: number, updates: number, joins: number) => ({
  'slo.windowDays': windowDays,
  'slo.updates.objective': updates,
  'slo.joins.objective': joins,
});

export const SLO_COMBINATIONS: readonly Combination[] = [
  { says: 'slo: a low objective in a short window', change: objectives(7, 90, 90), accepted: true },
  { says: 'slo: a low objective in a long window', change: objectives(90, 97.6, 99.9), accepted: false },
  {
    says: 'slo: a low objective of joins in a long window',
    change: objectives(90, 99.9, 97.6),
    accepted: false,
  },
  { says: 'slo: an objective that is high enough', change: objectives(90, 97.7, 97.7), accepted: true },
];
