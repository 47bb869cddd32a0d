import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { outDirectory, repository } from '../cluster/paths.ts';

/** Where the output of a job goes while it runs: to the terminal when no other job prints, else to a file that is printed at its end. */
export interface JobOutput {
  say(line: string): void;
  /** Runs a program; true when it exits with 0. */
  run(argv: readonly string[]): Promise<boolean>;
  /** Runs a program and keeps what it prints for the caller. */
  capture(argv: readonly string[]): Promise<{ succeeded: boolean; printed: string }>;
  /** Called once, when the job is over. */
  flush(): void;
}

export function terminalOutput(): JobOutput {
  return {
    say: (line) => console.log(line),
    run: (argv) => start(argv, 'inherit').then(({ succeeded }) => succeeded),
    capture: (argv) => start(argv, 'collect'),
    flush: () => {},
  };
}

export function fileOutput(job: string): JobOutput {
  const directory = path.join(outDirectory, 'log');
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, `test-${job}.log`);
  rmSync(file, { force: true });
  const append = (text: string) => appendFileSync(file, text);
  return {
    say: (line) => append(`${line}\n`),
    run: (argv) => start(argv, append).then(({ succeeded }) => succeeded),
    capture: (argv) => start(argv, 'collect'),
    flush: () => {
      try {
        process.stdout.write(readFileSync(file, 'utf8'));
      } catch {
        // The job printed nothing.
      }
    },
  };
}

function start(
  [program = '', ...args]: readonly string[],
  sink: 'inherit' | 'collect' | ((text: string) => void),
): Promise<{ succeeded: boolean; printed: string }> {
  return new Promise((resolve) => {
    const stdio = sink === 'inherit' ? 'inherit' : 'pipe';
    const child = spawn(program, args, { cwd: repository, stdio: ['ignore', stdio, stdio] });
    let printed = '';
    const take = (chunk: Buffer) => {
      if (typeof sink === 'function') sink(chunk.toString());
      else printed += chunk.toString();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('error', (error) => resolve({ succeeded: false, printed: `${printed}${error.message}\n` }));
    child.once('close', (code) => resolve({ succeeded: code === 0, printed }));
  });
}
