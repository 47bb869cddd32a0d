import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../../platform/runtime/clock.ts';
import { CliFailure } from '../context/failure.ts';
import { LOOPBACK } from './loopback.ts';

/** `kubectl port-forward` ends when its pod does; the next pod may take a moment. */
const AGAIN_MS = 1000;
/** What kubectl said last, for a message. */
const MAX_SAID = 2000;

export interface ForwardOptions {
  clock: Clock;
  /** `kubectl` and its arguments up to `port-forward` without the port. */
  command: readonly [string, ...string[]];
  /** Port of the Service. */
  remotePort: number;
}

/** A port on this machine that leads to a Service, by `kubectl port-forward`, which is started again when it ends. */
export class PortForward {
  readonly #options: ForwardOptions;
  #child: ChildProcess | undefined;
  #port: number | undefined;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(options: ForwardOptions) {
    this.#options = options;
  }

  /** Undefined while kubectl connects again. */
  get port(): number | undefined {
    return this.#port;
  }

  /** @throws {CliFailure} with what kubectl said, when it ends before it listens */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const [program, ...args] = this.#options.command;
      const child = spawn(program, [...args, `--address=${LOOPBACK}`, `:${this.#options.remotePort}`], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      this.#child = child;
      let said = '';
      const listen = (chunk: Buffer): void => {
        said = (said + chunk.toString()).slice(-MAX_SAID);
        const found = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
        if (found === undefined || this.#port !== undefined) return;
        this.#port = Number(found);
        resolve();
      };
      child.stdout.on('data', listen);
      child.stderr.on('data', listen);
      child.on('error', (error) => reject(new CliFailure(`${program}: ${error.message}`)));
      child.on('close', () => {
        const hasListened = this.#port !== undefined;
        this.#port = undefined;
        if (hasListened) this.#again();
        else reject(new CliFailure(`kubectl port-forward ended: ${said.trim() || 'it said nothing'}`));
      });
    });
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once('close', () => resolve());
      child.kill('SIGTERM');
    });
  }

  #again(): void {
    if (this.#isStopped) return;
    this.#cancel = this.#options.clock.setTimeout(() => {
      this.start().catch(() => this.#again());
    }, AGAIN_MS);
  }
}
