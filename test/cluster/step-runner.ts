import path from 'node:path';
import { outDirectory } from './paths.ts';
import { createShell, logTail, type Shell } from './shell.ts';
import { checkSteps, nextSteps, type Planned } from './step-graph.ts';

export interface Step extends Planned {
  /** What it does, in the form "compiling Kubernetes". */
  readonly doing: string;
  /** May return a short note on the outcome: "cached". */
  run(shell: Shell): Promise<string | undefined>;
}

export interface StepReport {
  name: string;
  seconds: number;
  note: string;
}

const heartbeatSeconds = 15;

/**
 * Runs the steps, as many at once as may, and tells the person who waits what happens. The first failure
 * stops the others, prints the end of that step's log and is thrown.
 */
export async function runSteps(steps: readonly Step[], limit = 4): Promise<StepReport[]> {
  checkSteps(steps);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const done = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const reports: StepReport[] = [];
  let failure: unknown;
  const start = (step: Step) =>
    runStep(step, stop.signal)
      .then((report) => {
        done.add(step.name);
        reports.push(report);
      })
      .catch((error: unknown) => {
        failure ??= error;
        stop.abort();
      })
      .finally(() => running.delete(step.name));
  for (;;) {
    if (!stop.signal.aborted) {
      const next = nextSteps(steps, { done, running: new Set(running.keys()), limit });
      for (const step of next) running.set(step.name, start(step));
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  process.off('SIGINT', onSignal);
  process.off('SIGTERM', onSignal);
  if (failure !== undefined) throw failure;
  if (stop.signal.aborted) throw new Error('stopped');
  return reports;
}

export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

async function runStep(step: Step, signal: AbortSignal): Promise<StepReport> {
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const logFile = path.join(outDirectory, 'log', `${step.name.replaceAll(' ', '-')}.log`);
  const shell = createShell(logFile, (text) => console.log(`  ${step.name}: ${text}`), signal);
  const heartbeat = setInterval(
    () => console.log(`  still ${step.doing}, ${formatSeconds(elapsed())}`),
    heartbeatSeconds * 1000,
  );
  console.log(`> ${step.name}: ${step.doing}`);
  try {
    const note = (await step.run(shell)) ?? '';
    const seconds = elapsed();
    console.log(`+ ${step.name}: done in ${formatSeconds(seconds)}${note && ` (${note})`}`);
    return { name: step.name, seconds: Math.round(seconds * 10) / 10, note };
  } catch (error) {
    if (!signal.aborted) {
      const tail = logTail(logFile);
      console.log(
        `! ${step.name}: failed after ${formatSeconds(elapsed())}; the end of ${logFile}:\n${tail}`,
      );
    }
    throw new StepFailed(`${step.name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  } finally {
    clearInterval(heartbeat);
  }
}

export function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)}s`;
  return `${Math.floor(seconds / 60)}m${String(Math.floor(seconds % 60)).padStart(2, '0')}s`;
}
