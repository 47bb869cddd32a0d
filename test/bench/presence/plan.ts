import type { Row } from './rows.ts';
import { within } from './within.ts';

/** One measurement: some rows of one server. */
export interface Task {
  readonly name: string;
  run(): Promise<readonly Row[]>;
}

export interface Failure {
  readonly name: string;
  readonly why: string;
}

/** Timers may be early by so much. */
const LEAST_SECONDS = 0.01;

/** Runs measurements one after the other until the time is over. One that fails costs its own rows only. */
export class Plan {
  readonly rows: Row[] = [];
  readonly failures: Failure[] = [];
  readonly #startedAt = performance.now();
  readonly #limitSeconds: number;
  readonly #print: (line: string) => void;

  constructor(limitSeconds: number, print: (line: string) => void) {
    this.#limitSeconds = limitSeconds;
    this.#print = print;
  }

  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1_000;
  }

  say(text: string): void {
    this.#print(`[${this.seconds.toFixed(0).padStart(4)} s] ${text}`);
  }

  /** `afterEach` keeps what there is by then, so that an end from outside loses only what runs. */
  async run(tasks: readonly Task[], afterEach: () => Promise<unknown>): Promise<void> {
    for (const [index, task] of tasks.entries()) {
      const left = this.#limitSeconds - this.seconds;
      if (left < LEAST_SECONDS) {
        this.#fail(task.name, `not run: the ${this.#limitSeconds} s of the whole run are over`);
        continue;
      }
      this.say(`${index + 1} of ${tasks.length}: ${task.name}`);
      try {
        this.rows.push(...(await within(Math.ceil(left * 1_000), task.name, task.run())));
      } catch (error) {
        this.#fail(task.name, error instanceof Error ? error.message : String(error));
      }
      await afterEach();
    }
  }

  #fail(name: string, why: string): void {
    this.failures.push({ name, why });
    this.say(`FAILED ${name}: ${why}`);
  }
}
