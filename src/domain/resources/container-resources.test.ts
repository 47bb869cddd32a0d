import { describe, expect, it } from 'vitest';
import {
  DEFAULT_PRESENCE_RESOURCES,
  DEFAULT_REDIS_RESOURCES,
  quantityToBytes,
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
  ])('%s is %d bytes', (quantity, bytes) => {
    expect(quantityToBytes(quantity)).toBe(bytes);
  });

  it.each(['', 'Gi', '1.2.3', '1.', '-1', '1Qi', '1e3', '1 Gi'])('%j is none', (text) => {
    expect(() => quantityToBytes(text)).toThrow(RangeError);
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
