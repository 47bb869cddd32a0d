import { beforeEach, describe, expect, it } from 'vitest';
import type { Lane } from './lane.ts';
import { TURN_MS, WorkScheduler } from './work-scheduler.ts';

describe('WorkScheduler', () => {
  let now: number;
  let turns: (() => void)[];
  let iteration: number;
  let errors: unknown[];
  let done: string[];
  let scheduler: WorkScheduler;

  beforeEach(() => {
    now = 0;
    turns = [];
    iteration = 0;
    errors = [];
    done = [];
    scheduler = new WorkScheduler({
      clock: { monotonicMs: () => now },
      iteration: () => iteration,
      yieldTo: (next) => void turns.push(next),
      waited: () => {},
      failed: (error) => void errors.push(error),
    });
  });

  const submit = (lane: Lane, name: string, takesMs = 0) =>
    scheduler.submit(lane, () => {
      now += takesMs;
      done.push(name);
    });
  const turn = () => {
    iteration++;
    turns.shift()?.();
  };

  it('runs at once what fits into the turn', () => {
    submit(3, 'a');
    submit(1, 'b');
    expect(done).toEqual(['a', 'b']);
    expect(turns).toHaveLength(0);
  });

  it('starts another turn by itself once sockets were read, and not before', () => {
    submit(3, 'long', TURN_MS);
    iteration++;
    submit(3, 'next', TURN_MS);
    expect(done).toEqual(['long', 'next']);
    submit(1, 'too much');
    expect(done).toEqual(['long', 'next']);
    expect(turns).toHaveLength(1);
    turn();
    expect(done).toEqual(['long', 'next', 'too much']);
    expect(turns).toHaveLength(0);
  });

  it('runs the rest in the order of the lanes, one turn at a time, and lets sockets be read in between', () => {
    submit(3, 'long', TURN_MS);
    submit(3, 'c', TURN_MS);
    submit(2, 'b', TURN_MS);
    submit(1, 'a', TURN_MS);
    expect(done).toEqual(['long']);
    expect(scheduler.waiting(3)).toBe(1);
    turn();
    expect(done).toEqual(['long', 'a']);
    submit(1, 'a2', TURN_MS);
    turn();
    turn();
    turn();
    expect(done.slice(2).toSorted()).toEqual(['a2', 'b', 'c']);
    turn();
    expect(turns).toHaveLength(0);
  });

  it('survives a task that throws', () => {
    scheduler.submit(1, () => {
      throw new Error('broken');
    });
    submit(1, 'next');
    expect(done).toEqual(['next']);
    expect(errors).toHaveLength(1);
  });
});
