import { describe, expect, it } from 'vitest';
import { pod } from '../../../test/support/presence-cluster-builder.ts';
import { isReady, type Pod } from './pod.ts';

const withStatus = (status: NonNullable<Pod['status']>) => pod('p', 'presence', { status });

describe('isReady', () => {
  it.each([
    [pod('p', 'presence'), true],
    [withStatus({ conditions: [{ type: 'Ready', status: 'False' }] }), false],
    [withStatus({}), false],
    [pod('p', 'presence', { deletionTimestamp: '2027-06-05T11:00:00Z' }), false],
  ])('is by condition, and never of a pod that ends', (subject, expected) => {
    expect(isReady(subject)).toBe(expected);
  });
});
