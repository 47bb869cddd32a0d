import { expect, it } from 'vitest';
import { PodDifferences } from './pod-differences.ts';

const EXPECTED = { deviation: 0.02 };

it('before anything was measured, the margin is what is expected, and smaller for more pods', () => {
  const pods = new PodDifferences();
  expect(pods.margin(1, 1, EXPECTED)).toBeCloseTo(2.5 * 0.02 * Math.SQRT2);
  expect(pods.margin(10, 10, EXPECTED)).toBeLessThan(pods.margin(5, 5, EXPECTED));
});

it('pods of one revision that differ widen the margin, revisions that differ do not', () => {
  const alike = new PodDifferences();
  const apart = new PodDifferences();
  for (const pod of ['a', 'b', 'c']) {
    alike.add(pod, 'Old', 0.4);
    alike.add(`${pod}-new`, 'New', 0.9);
  }
  for (const [index, pod] of ['a', 'b', 'c'].entries()) apart.add(pod, 'Old', index);
  const before = new PodDifferences().margin(3, 3, EXPECTED);
  expect(alike.margin(3, 3, EXPECTED)).toBeLessThan(before);
  expect(apart.margin(3, 3, EXPECTED)).toBeGreaterThan(before);
});

it('a pod has the mean of its rounds, until it is gone', () => {
  const pods = new PodDifferences();
  expect(pods.meanOf('a')).toBeUndefined();
  pods.add('a', 'Old', 1);
  pods.add('a', 'Old', 2);
  expect(pods.meanOf('a')).toBe(1.5);
  pods.forget((pod) => pod !== 'a');
  expect(pods.meanOf('a')).toBeUndefined();
});
