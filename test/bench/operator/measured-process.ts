import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process of this machine whose memory and connections can be read. */
export class MeasuredProcess {
  readonly child: ChildProcess;
  readonly startedMs = performance.now();

  constructor(argv: readonly string[], env: Record<string, string>) {
    const [program = '', ...args] = argv;
    this.child = spawn(program, args, {
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  rssMiB(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  /** Open sockets of any kind: connections, and what it listens on. */
  sockets(): number {
    const directory = `/proc/${this.child.pid}/fd`;
    return readdirSync(directory).filter((fd) => {
      try {
        return readlinkSync(`${directory}/${fd}`).startsWith('socket:');
      } catch {
        return false;
      }
    }).length;
  }

  /** Seconds of processor time so far. */
  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill(signal);
    await ended;
  }
}

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
