import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Which CPUs the measured servers have for themselves, and which all else; as `taskset` writes them. */
export interface CpuSplit {
  readonly servers: string;
  readonly others: string;
}

/** One core for the servers. Undefined where there is only one, or no `taskset`. */
export function splitCpus(): CpuSplit | undefined {
  const cores = availableParallelism();
  const works = spawnSync('taskset', ['-c', '0', 'true']).status === 0;
  if (cores < 2 || !works) return undefined;
  return { servers: '0', others: cores === 2 ? '1' : `1-${cores - 1}` };
}

export function allCpus(): string {
  return `0-${availableParallelism() - 1}`;
}

/** The command line that runs another one on some CPUs only. */
export function onCpus(cpus: string | undefined, argv: readonly string[]): [string, ...string[]] {
  const [command = '', ...args] = argv;
  return cpus === undefined ? [command, ...args] : ['taskset', '-c', cpus, command, ...args];
}

/** Moves all threads of processes that run already. */
export function moveTo(cpus: string, pids: readonly number[]): void {
  for (const pid of pids) {
    const { status, stderr } = spawnSync('taskset', ['-a', '-c', '-p', cpus, String(pid)], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`process ${pid} cannot be moved to CPUs ${cpus}: ${stderr}`);
  }
}
