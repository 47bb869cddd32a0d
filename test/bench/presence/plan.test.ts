import { describe, expect, it } from 'vitest';
import { Plan } from './plan.ts';
import type { Row } from './rows.ts';

const row = { scenario: 'idle', server: 'ours' } as unknown as Row;

describe('the plan of a benchmark', () => {
  it('goes on after a measurement that failed, and keeps the others', async () => {
    const plan = new Plan(60, () => {});
    const kept: number[] = [];
    const tasks = [
      { name: 'bad', run: () => Promise.reject(new Error('no node')) },
      { name: 'good', run: async () => [row] },
    ];
    await plan.run(tasks, async () => kept.push(plan.rows.length));
    expect(plan.rows).toEqual([row]);
    expect(plan.failures).toEqual([{ name: 'bad', why: 'no node' }]);
    expect(kept).toEqual([0, 1]);
  });

  it('gives up what hangs when the time is over, and does not begin the rest', async () => {
    const plan = new Plan(0.05, () => {});
    const tasks = [
      { name: 'hangs', run: () => new Promise<never>(() => {}) },
      { name: 'later', run: async () => [row] },
    ];
    await plan.run(tasks, async () => {});
    expect(plan.rows).toEqual([]);
    expect(plan.failures.map(({ name }) => name)).toEqual(['hangs', 'later']);
    expect(plan.failures[1]?.why).toContain('not run');
  });
});
