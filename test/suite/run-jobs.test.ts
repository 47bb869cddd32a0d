import { describe, expect, it } from 'vitest';
import type { JobOutput } from './job-output.ts';
import { jobs } from './jobs.ts';
import { isPart, PARTS } from './parts.ts';
import { type Job, runJobs } from './run-jobs.ts';
import { NOTHING_TESTED } from './tally.ts';

const silent = (): JobOutput => ({
  say: () => {},
  run: () => Promise.resolve(true),
  capture: () => Promise.resolve({ succeeded: true, printed: '' }),
  flush: () => {},
});

/** Notes when it starts and ends; `fail` throws. */
function world() {
  const notes: string[] = [];
  const job = (name: string, needs: string[], fail = false): Job => ({
    name,
    needs,
    run: async () => {
      notes.push(`+${name}`);
      await new Promise((later) => setImmediate(later));
      notes.push(`-${name}`);
      if (fail) throw new Error('no compiler');
      return { ...NOTHING_TESTED, passed: 1 };
    },
  });
  return { notes, job };
}

describe('runJobs', () => {
  it('starts a job when those that it needs are over, and others at once', async () => {
    const { notes, job } = world();
    const all = [job('check', []), job('tools', []), job('unit', ['check']), job('timed', ['unit', 'tools'])];
    const tallies = await runJobs(all, new Set(['check', 'tools', 'unit', 'timed']), silent);
    expect(tallies).toHaveLength(4);
    expect(notes.slice(0, 2)).toEqual(['+check', '+tools']);
    expect(notes.slice(-2)).toEqual(['+timed', '-timed']);
    expect(notes.indexOf('+unit')).toBeGreaterThan(notes.indexOf('-check'));
  });

  it('does not wait for a job that is not part of the run', async () => {
    const { notes, job } = world();
    await runJobs([job('check', []), job('unit', ['check'])], new Set(['unit']), silent);
    expect(notes).toEqual(['+unit', '-unit']);
  });

  it('counts a job that throws as one failure and runs the later ones', async () => {
    const { notes, job } = world();
    const tallies = await runJobs(
      [job('tools', [], true), job('chart', ['tools'])],
      new Set(['tools', 'chart']),
      silent,
    );
    expect(tallies.map(({ passed, failed }) => [passed, failed])).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(tallies[0]?.failures).toEqual(['tools: no compiler']);
    expect(notes).toContain('-chart');
  });
});

describe('the parts of the suite', () => {
  it('name every job, each in at least one part', () => {
    const named = new Set(Object.values(PARTS).flat());
    expect(
      jobs()
        .map(({ name }) => name)
        .filter((name) => !named.has(name)),
    ).toEqual([]);
    expect(isPart('toString')).toBe(false);
  });
});
