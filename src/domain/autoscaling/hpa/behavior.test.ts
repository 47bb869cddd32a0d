import { describe, expect, it } from 'vitest';
import { BehaviorMemory, DEFAULT_HPA_BEHAVIOR, type HpaBehavior, withScaleDownWindow } from './behavior.ts';

const LIMITS = { min: 1, max: 1000 };

/** Applies recommendations 15 s apart and gives the replicas after each. */
function walk(behavior: HpaBehavior, start: number, recommendations: readonly number[], limits = LIMITS) {
  const memory = new BehaviorMemory(behavior);
  let replicas = start;
  return recommendations.map((recommended, index) => {
    replicas = memory.apply(index * 15, replicas, recommended, limits);
    return replicas;
  });
}

describe('BehaviorMemory', () => {
  it('doubles or adds four pods each 15 s, whichever is more', () => {
    expect(walk(DEFAULT_HPA_BEHAVIOR, 1, [100, 100, 100, 100, 100, 100])).toEqual([5, 10, 20, 40, 80, 100]);
  });

  it('counts what was added within the period of a policy', () => {
    const scaleUp = {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Min',
      policies: [
        { type: 'Pods', value: 4, periodSeconds: 60 },
        { type: 'Percent', value: 300, periodSeconds: 15 },
      ],
    } as const;
    const behavior = { ...DEFAULT_HPA_BEHAVIOR, scaleUp };
    expect(walk(behavior, 2, [20, 20, 20, 20, 20])).toEqual([6, 6, 6, 6, 10]);
  });

  it('removes only what no recommendation of 300 s wanted', () => {
    const later = Array.from({ length: 21 }, () => 5);
    const replicas = walk(DEFAULT_HPA_BEHAVIOR, 20, [20, ...later]);
    expect(replicas.slice(0, 21)).toEqual(Array.from({ length: 21 }, () => 20));
    expect(replicas[21]).toBe(5);
  });

  it('waits as long as the window says', () => {
    const recommended = [20, ...Array.from({ length: 121 }, () => 5)];
    const replicas = walk(withScaleDownWindow(DEFAULT_HPA_BEHAVIOR, 1800), 20, recommended);
    expect(replicas.indexOf(5)).toBe(121);
  });

  it('adds the least that a scale-up window wanted', () => {
    const scaleUp = { ...DEFAULT_HPA_BEHAVIOR.scaleUp, stabilizationWindowSeconds: 30 };
    const behavior = { ...DEFAULT_HPA_BEHAVIOR, scaleUp };
    expect(walk(behavior, 4, [4, 8, 8, 8, 8])).toEqual([4, 4, 4, 8, 8]);
  });

  it('limits how fast pods are removed, and can be told never to', () => {
    const scaleDown = {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [{ type: 'Percent', value: 10, periodSeconds: 60 }],
    } as const;
    const slow = { ...DEFAULT_HPA_BEHAVIOR, scaleDown };
    expect(walk(slow, 20, [1, 1, 1, 1, 1])).toEqual([18, 18, 18, 18, 16]);
    const never = { ...slow, scaleDown: { ...scaleDown, selectPolicy: 'Disabled' } } as const;
    expect(walk(never, 20, [1, 1])).toEqual([20, 20]);
  });

  it('keeps the limits, and corrects a number outside of them at once', () => {
    expect(walk(DEFAULT_HPA_BEHAVIOR, 4, [50, 50, 50], { min: 2, max: 9 })).toEqual([8, 9, 9]);
    expect(walk(DEFAULT_HPA_BEHAVIOR, 1, [50], { min: 3, max: 9 })).toEqual([3]);
    expect(walk(DEFAULT_HPA_BEHAVIOR, 12, [50], { min: 3, max: 9 })).toEqual([9]);
  });
});
