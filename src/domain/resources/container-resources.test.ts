import { describe, expect, it } from 'vitest';
import {
  containerResources,
  DEFAULT_PRESENCE_RESOURCES,
  DEFAULT_REDIS_RESOURCES,
  quantityToBytes,
  quantityToNumber,
  redisMaxmemory,
} from './container-resources.ts';

describe('quantityToBytes', () => {
  it.each([
    ['0', 0],
    ['1024', 1024],
    ['1k', 1000],
    ['1Ki', 1024],
    ['1.5M', 1_500_000],
    ['1.5Gi', 1_610_612_736],
    ['2T', 2e12],
    ['2Ti', 2 ** 41],
    ['1500m', 1],
    ['1e9', 1_000_000_000],
    ['1E3', 1_000],
    ['1.', 1],
    ['.5Ki', 512],
    ['1Pi', 2 ** 50],
    [268_435_456, 268_435_456],
    // What does not fit an int64 is the largest one to the API server.
    ['9'.repeat(32), 2 ** 63],
    ['1e99', 2 ** 63],
  ])('%s is %d bytes', (quantity, bytes) => {
    expect(quantityToBytes(quantity)).toBe(bytes);
  });

  it.each(['', 'Gi', '1.2.3', '.', '-1', '1Qi', '1e100', '1 Gi', '1'.repeat(33)])('%j is none', (text) => {
    expect(() => quantityToBytes(text)).toThrow(RangeError);
  });
});

describe('quantityToNumber', () => {
  it.each([
    ['250m', 0.25],
    [2, 2],
    ['0.1', 0.1],
    ['1n', 1e-9],
    // The API server rounds up to billionths.
    ['0.0000000001', 1e-9],
  ])('%s is %d', (quantity, number) => {
    expect(quantityToNumber(quantity)).toBe(number);
  });
});

describe('containerResources', () => {
  it('writes numbers as the API server stores them', () => {
    expect(containerResources({ requests: { cpu: 1 }, limits: { 'ephemeral-storage': '1Gi' } })).toEqual({
      requests: { cpu: '1' },
      limits: { 'ephemeral-storage': '1Gi' },
    });
    expect(containerResources({})).toEqual({});
  });
});

describe('redisMaxmemory', () => {
  it('leaves memory for forks and buffers', () => {
    expect(redisMaxmemory({ limits: { memory: '1Gi' } })).toBe(Math.floor(2 ** 30 * 0.6));
  });

  it.each([{}, { limits: { cpu: '1' } }, { requests: { memory: '1Gi' } }])(
    'is unknown without a memory limit: %j',
    (resources) => {
      expect(redisMaxmemory(resources)).toBeUndefined();
    },
  );
});

it('sets no CPU limit by itself: throttling looks like a hung primary', () => {
  for (const { limits } of [DEFAULT_REDIS_RESOURCES, DEFAULT_PRESENCE_RESOURCES]) {
    expect(Object.keys(limits)).toEqual(['memory']);
  }
});
