import { checkSteps, nextSteps, type Planned } from '../cluster/step-graph.ts';
import type { JobOutput } from './job-output.ts';
import { brokenPart, closingLine, type Tally } from './tally.ts';

export interface Job extends Planned {
  /** A thrown error counts as one failure. */
  run(output: JobOutput): Promise<Tally>;
}

/** The person who waits sees at least this often what still runs. */
const HEARTBEAT_MS = 60_000;

/**
 * Runs the jobs, each as soon as those that it needs are over, and returns what each of them counted. A job that fails
 * does not stop the others, so that one run tells everything.
 */
export async function runJobs(
  all: readonly Job[],
  names: ReadonlySet<string>,
  output: (job: string) => JobOutput,
): Promise<Tally[]> {
  const jobs = all
    .filter(({ name }) => names.has(name))
    .map((job) => ({ ...job, needs: job.needs.filter((need) => names.has(need)) }));
  checkSteps(jobs);
  const done = new Set<string>();
  const running = new Map<string, { since: number; ended: Promise<void> }>();
  const tallies: Tally[] = [];
  const heartbeat = setInterval(() => {
    const still = [...running].map(([name, { since }]) => `${name} ${elapsed(since)}`);
    console.log(`   still running: ${still.join(', ')}`);
  }, HEARTBEAT_MS);
  while (done.size < jobs.length) {
    for (const job of nextSteps(jobs, { done, running: new Set(running.keys()), limit: jobs.length })) {
      const since = performance.now();
      console.log(`== ${job.name}: started`);
      const ended = runOne(job, output(job.name)).then((tally) => {
        tallies.push(tally);
        done.add(job.name);
        running.delete(job.name);
        console.log(`== ${job.name}: ${closingLine([tally])} in ${elapsed(since)}`);
      });
      running.set(job.name, { since, ended });
    }
    await Promise.race([...running.values()].map(({ ended }) => ended));
  }
  clearInterval(heartbeat);
  return tallies;
}

async function runOne(job: Job, output: JobOutput): Promise<Tally> {
  try {
    return await job.run(output);
  } catch (error) {
    return brokenPart(`${job.name}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    output.flush();
  }
}

function elapsed(since: number): string {
  const seconds = Math.round((performance.now() - since) / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
