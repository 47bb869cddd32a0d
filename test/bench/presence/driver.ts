import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onCpus } from './cpus.ts';
import { within } from './within.ts';

/** Of one load: updates that were due in the window, and of the driver itself. Docs are in driver/load.go. */
export interface LoadResult {
  readonly rate: number;
  readonly seconds: number;
  readonly sent: number;
  readonly expected: number;
  readonly delivered: number;
  /** Not delivered, but a later value of the same person was. */
  readonly superseded: number;
  readonly lost: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly cpuShare: number;
  readonly lagMeanMs: number;
  readonly lagP99Ms: number;
  /** By the lane of who sent it. */
  readonly lanes: readonly LaneResult[];
}

export interface LaneResult {
  readonly lane: number;
  readonly delivered: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** How long people heard nothing from the other server. Docs are in driver/silence.go. */
export interface SilenceResult {
  readonly clients: number;
  readonly silent: number;
  readonly never: number;
  readonly gapMaxMs: number;
  readonly gapP50Ms: number;
  readonly resumedMs: number;
}

/** Connections that were cut and questions that were asked. Docs are in driver/churn.go. */
export interface ChurnResult {
  readonly drops: number;
  readonly connected: number;
  readonly lists: number;
  readonly failedLists: number;
}

/** What survivors of a killed server were told and could ask. Docs are in driver/faults.go. */
export interface KillResult {
  readonly dead: number;
  readonly survivors: number;
  readonly pairs: number;
  readonly told: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly spreadMs: number;
  readonly leaves: number;
  readonly duplicates: number;
  readonly listMs: number;
  readonly slowestListMs: number;
  readonly failedLists: number;
}

export interface RollResult {
  readonly moved: number;
  readonly stuck: number;
  readonly falseJoins: number;
  readonly falseLeaves: number;
  readonly falseLosses: number;
  readonly missedByMoved: number;
  readonly missedByOthers: number;
  readonly awayP50Ms: number;
  readonly awayP95Ms: number;
  readonly awayMaxMs: number;
}

/** A rolling restart of all servers behind one address. Docs are in driver/everybody.go. */
export interface EverybodyResult {
  readonly clients: number;
  readonly moves: number;
  readonly neverMoved: number;
  readonly withoutConnection: number;
  readonly completeRosters: number;
  readonly joins: number;
  readonly leaves: number;
  readonly losses: number;
  readonly superseded: number;
  readonly lost: number;
  readonly awayP50Ms: number;
  readonly awayP95Ms: number;
  readonly awayMaxMs: number;
}

export interface StormResult {
  readonly joins: number;
  readonly messages: number;
  readonly bytes: number;
  readonly complete: number;
  readonly completeMs: number;
}

interface Answer {
  readonly done?: string;
  readonly event?: string;
  readonly result?: unknown;
  readonly error?: string;
}

export interface DriverOptions {
  readonly program: string;
  readonly server: string;
  readonly targets: readonly string[];
  readonly secret: string;
  /** People have the roles of a crew; "other" when left out. */
  readonly crew?: boolean;
  /** CPUs that the driver may use; all when left out. */
  readonly cpus?: string | undefined;
}

/** The Go program that plays the clients of one stack. One command at a time. */
export class Driver {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #onAnswer: (answer: Answer) => void = () => {};

  constructor(options: DriverOptions) {
    const { program, server, targets, secret, crew = false, cpus } = options;
    const args = ['-server', server, '-targets', targets.join(','), '-secret', secret];
    const [command, ...rest] = onCpus(cpus, [program, ...args, ...(crew ? ['-crew'] : [])]);
    const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    const endWithParent = (): void => void child.kill('SIGKILL');
    process.once('exit', endWithParent);
    this.#child = child;
    this.#exited = once(child, 'exit').then(() => {
      process.removeListener('exit', endWithParent);
      this.#onAnswer({ error: 'the driver ended' });
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.#onAnswer(JSON.parse(line) as Answer));
  }

  /** Sends a command and waits for its answer. `onEvent` gets the events of it by name. */
  async run<T>(
    op: string,
    parameters: Readonly<Record<string, number | string>>,
    withinMs: number,
    onEvent: (event: string) => void = () => {},
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#onAnswer = (answer) => {
      if (answer.event !== undefined) onEvent(answer.event);
      else if (answer.error !== undefined) reject(new Error(`${op}: ${answer.error}`));
      else if (answer.done === op) resolve(answer.result as T);
    };
    this.#child.stdin?.write(`${JSON.stringify({ op, ...parameters })}\n`);
    return within(withinMs, `the driver's ${op}`, promise);
  }

  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
