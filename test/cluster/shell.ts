import { type StdioOptions, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';

export interface RunOptions {
  cwd?: string;
  /** Added to our own environment. */
  env?: Record<string, string>;
  input?: string;
  timeoutSeconds?: number;
}

/** The way a step runs other programs: all they print ends in the step's log. */
export interface Shell {
  readonly logFile: string;
  run(argv: readonly string[], options?: RunOptions): Promise<void>;
  /** What the program printed on standard output, trimmed. */
  output(argv: readonly string[], options?: RunOptions): Promise<string>;
  succeeds(argv: readonly string[], options?: RunOptions): Promise<boolean>;
  /** One line for the person who waits. */
  say(text: string): void;
  /** Aborted when everything is to stop. */
  readonly signal: AbortSignal;
}

export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly argv: readonly string[];

  constructor(argv: readonly string[], how: string) {
    super(`${argv.join(' ').slice(0, 200)}: ${how}`);
    this.argv = argv;
  }
}

interface Outcome {
  code: number | null;
  how: string;
  stdout: string;
}

export function createShell(logFile: string, say: (text: string) => void, signal: AbortSignal): Shell {
  mkdirSync(path.dirname(logFile), { recursive: true });
  closeSync(openSync(logFile, 'w'));
  const start = (argv: readonly string[], options: RunOptions, capture: boolean) =>
    runLogged(argv, options, { logFile, capture, signal });
  const mustSucceed = async (argv: readonly string[], options: RunOptions, capture: boolean) => {
    const outcome = await start(argv, options, capture);
    if (outcome.code !== 0) throw new CommandFailed(argv, outcome.how);
    return outcome.stdout.trim();
  };
  return {
    logFile,
    say,
    signal,
    run: async (argv, options = {}) => {
      await mustSucceed(argv, options, false);
    },
    output: (argv, options = {}) => mustSucceed(argv, options, true),
    succeeds: async (argv, options = {}) => (await start(argv, options, false)).code === 0,
  };
}

/** The end of a log, for an error that must be understood without opening a file. */
export function logTail(logFile: string, lines = 25): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

interface LogTarget {
  logFile: string;
  capture: boolean;
  signal: AbortSignal;
}

/**
 * Starts the program in a process group of its own, so that a stop (time limit, ctrl-c, a failed sibling)
 * reaches the programs that it started too: `go build` and `mmdebstrap` have many.
 */
function runLogged(argv: readonly string[], options: RunOptions, target: LogTarget): Promise<Outcome> {
  const [program = '', ...args] = argv;
  const log = openSync(target.logFile, 'a');
  writeSync(log, `$ ${argv.join(' ')}\n`);
  return new Promise((resolve) => {
    const stdio: StdioOptions = [
      options.input === undefined ? 'ignore' : 'pipe',
      target.capture ? 'pipe' : log,
      log,
    ];
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      detached: true,
      stdio,
    });
    const chunks: Buffer[] = [];
    let how = '';
    const stop = (reason: string) => {
      how ||= reason;
      if (child.pid !== undefined && child.exitCode === null) killGroup(child.pid);
    };
    const onAbort = () => stop('stopped');
    const timer = options.timeoutSeconds
      ? setTimeout(() => stop(`no answer in ${options.timeoutSeconds} s`), options.timeoutSeconds * 1000)
      : undefined;
    target.signal.addEventListener('abort', onAbort, { once: true });
    if (target.signal.aborted) onAbort();
    const finish = (code: number | null, reason: string) => {
      clearTimeout(timer);
      target.signal.removeEventListener('abort', onAbort);
      const stdout = Buffer.concat(chunks).toString();
      writeSync(log, stdout);
      closeSync(log);
      resolve({ code: how ? (code ?? 1) : code, how: how || reason, stdout });
    };
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input);
    child.once('error', (error) => finish(127, error.message));
    child.once('close', (code, by) => finish(code, by ? `ended by ${by}` : `exit code ${code}`));
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It ended by itself in the meantime.
  }
}
