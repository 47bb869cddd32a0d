import { describe, expect, it } from 'vitest';
import { checkSteps, nextSteps } from './step-graph.ts';

const steps = [
  { name: 'kubernetes', needs: [] },
  { name: 'engine', needs: [] },
  { name: 'node image', needs: ['kubernetes', 'engine'] },
  { name: 'cluster', needs: ['node image'] },
];

const names = (done: string[], running: string[], limit = 4) =>
  nextSteps(steps, { done: new Set(done), running: new Set(running), limit }).map((step) => step.name);

describe('nextSteps', () => {
  it('starts everything that needs nothing, in the order listed', () => {
    expect(names([], [])).toEqual(['kubernetes', 'engine']);
  });

  it('keeps within the limit, the first listed first', () => {
    expect(names([], [], 1)).toEqual(['kubernetes']);
    expect(names([], ['kubernetes'], 1)).toEqual([]);
  });

  it('starts a step only when all that it needs is done', () => {
    expect(names(['engine'], ['kubernetes'])).toEqual([]);
    expect(names(['engine', 'kubernetes'], [])).toEqual(['node image']);
  });

  it('gives nothing when all is done', () => {
    expect(names(['kubernetes', 'engine', 'node image', 'cluster'], [])).toEqual([]);
  });
});

describe('checkSteps', () => {
  it('accepts a graph that can be finished', () => {
    expect(() => checkSteps(steps)).not.toThrow();
  });

  it('names the need that is no step', () => {
    expect(() => checkSteps([{ name: 'a', needs: ['b'] }])).toThrow('step a needs b, which is no step');
  });

  it('names the steps of a ring', () => {
    const ring = [
      { name: 'a', needs: ['b'] },
      { name: 'b', needs: ['a'] },
      { name: 'c', needs: [] },
    ];
    expect(() => checkSteps(ring)).toThrow('steps wait for each other: a, b');
  });

  it('refuses two steps of one name', () => {
    expect(() =>
      checkSteps([
        { name: 'a', needs: [] },
        { name: 'a', needs: [] },
      ]),
    ).toThrow('two steps');
  });
});
