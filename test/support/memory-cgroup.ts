import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A control group with a limit of memory and no swap, in which the kernel kills as it kills in a container. */
export interface MemoryCgroup {
  /** `cgroup v2` or `cgroup v1`. */
  readonly version: string;
  /** A command that runs in the group from its first instruction on. */
  command(argv: readonly string[]): string[];
  /** Processes that the kernel has killed in it for memory. */
  kills(): number;
  /** The most that it ever held, page cache included; undefined where the kernel does not count it. */
  peakBytes(): number | undefined;
  /** Once no process is left in it. */
  remove(): void;
}

export type FoundCgroup = { kind: 'Limited'; group: MemoryCgroup } | { kind: 'None'; why: string };

/** Names of files: how a version of control groups calls what is needed. */
interface Files {
  version: string;
  limits: readonly (readonly [file: string, value: (bytes: number) => string, required: boolean])[];
  events: string;
  peak: string;
}

const V2: Files = {
  version: 'cgroup v2',
  limits: [
    ['memory.max', String, true],
    // Missing where the kernel has no swap to account for.
    ['memory.swap.max', () => '0', false],
    ['memory.oom.group', () => '1', true],
  ],
  events: 'memory.events',
  peak: 'memory.peak',
};
const V1: Files = {
  version: 'cgroup v1',
  limits: [
    ['memory.limit_in_bytes', String, true],
    ['memory.memsw.limit_in_bytes', String, false],
  ],
  events: 'memory.oom_control',
  peak: 'memory.max_usage_in_bytes',
};

/**
 * Makes a group below the root of the machine's groups, which only root may, and not in most containers.
 *
 * @throws Error when there is a group and it cannot be said whether its limit holds
 */
export function memoryCgroup(name: string, bytes: number): FoundCgroup {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  const v1 = mounts.find(
    ([, , type, options]) => type === 'cgroup' && options?.split(',').includes('memory'),
  );
  const v2 = mounts.find(([, , type]) => type === 'cgroup2');
  const [mount, files] = v1 === undefined ? [v2?.[1], V2] : [v1[1], V1];
  if (mount === undefined) return { kind: 'None', why: 'no control groups are mounted' };
  const directory = path.join(mount, name);
  try {
    if (files === V2) enableMemory(mount);
    mkdirSync(directory);
  } catch (error) {
    return { kind: 'None', why: `no writable ${files.version}: ${(error as Error).message}` };
  }
  if (!existsSync(path.join(directory, files.limits[0]?.[0] ?? ''))) {
    rmdirSync(directory);
    return {
      kind: 'None',
      why: `no writable ${files.version}: ${mount} does not hand on its memory controller`,
    };
  }
  for (const [file, value, required] of files.limits) {
    const target = path.join(directory, file);
    if (required || existsSync(target)) writeFileSync(target, value(bytes));
  }
  return { kind: 'Limited', group: groupAt(directory, files) };
}

/** Groups below the root get the controllers that it lists. */
function enableMemory(mount: string): void {
  const control = path.join(mount, 'cgroup.subtree_control');
  if (!readFileSync(control, 'utf8').split(/\s+/).includes('memory')) writeFileSync(control, '+memory');
}

function groupAt(directory: string, files: Files): MemoryCgroup {
  return {
    version: files.version,
    command: (argv) => ['sh', '-c', `echo $$ > '${directory}/cgroup.procs' && exec "$@"`, 'sh', ...argv],
    kills() {
      const kills = /^oom_kill (\d+)$/m.exec(readFileSync(path.join(directory, files.events), 'utf8'))?.[1];
      if (kills === undefined) throw new Error(`${directory}/${files.events} does not count kills`);
      return Number(kills);
    },
    peakBytes() {
      const file = path.join(directory, files.peak);
      return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
    },
    remove: () => rmdirSync(directory),
  };
}
