import { describe, expect, it } from 'vitest';
import { Evidence, exchangeZ, largestZ, meanOf } from './exchange-test.ts';

describe('exchangeZ', () => {
  it('is the largest when every new pod is above every old one, and its negative the other way round', () => {
    expect(exchangeZ([1, 1], [2, 2])).toBeCloseTo(largestZ(4));
    expect(exchangeZ([2, 2, 2], [1])).toBeCloseTo(-largestZ(4));
  });

  it('is nothing when all pods are alike, with a margin as well', () => {
    expect(exchangeZ([0, 0], [0], 0.1)).toBe(0);
    expect(exchangeZ([1 / 3, 1 / 3], [2 / 6])).toBe(0);
  });

  it('is the smaller, the larger the margin is', () => {
    const [none, some, much] = [0, 0.1, 100].map((margin) => exchangeZ([1, 1.1], [1.2, 1.3], margin));
    expect(none).toBeGreaterThan(some as number);
    expect(some).toBeGreaterThan(much as number);
    expect(much).toBe(-largestZ(4));
  });
});

describe('evidence', () => {
  it('begins at 1, grows with each round that speaks for it, and shrinks with each against it', () => {
    const evidence = new Evidence();
    expect(evidence.capital).toBe(1);
    evidence.add(1, 1);
    const after = evidence.capital;
    expect(after).toBeGreaterThan(1);
    evidence.add(-1, 1);
    expect(evidence.capital).toBeLessThan(after);
    expect(evidence.largest).toBe(after);
  });

  it('stays as it is when a round tells nothing', () => {
    const evidence = new Evidence();
    evidence.add(0, 3);
    expect(evidence.capital).toBe(1);
  });

  it('is found within a minute of rounds of five seconds by pods that are all slower', () => {
    const evidence = new Evidence();
    for (let round = 0; round < 12; round++) evidence.add(3, 3);
    expect(evidence.largest).toBeGreaterThan(300);
  });
});

it('the mean is that of all values', () => {
  expect(meanOf([1, 2, 6])).toBe(3);
});
