import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import path from 'node:path';
import { outDirectory } from '../../cluster/paths.ts';
import { goalsOf } from './goals.ts';
import type { Plan } from './plan.ts';
import type { RowName } from './rows.ts';
import { goalTable, tablesOf } from './tables.ts';
import { installedVersions } from './versions.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly loadAverageBefore: readonly number[];
}

export interface ReportOptions {
  readonly plan: Plan;
  readonly machine: Machine;
  readonly profileName: string;
  readonly rows: readonly RowName[];
  readonly valkeyServer: readonly string[];
}

/** The machine as it is before anything is measured. */
export function machineOf(): Machine {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    loadAverageBefore: loadavg(),
  };
}

/** Writes what there is so far, twice: every number as JSON, and tables to be read, which are returned too. */
export async function writeReport(options: ReportOptions): Promise<string> {
  const { plan, profileName, rows, valkeyServer } = options;
  const machine = { ...options.machine, loadAverageAfter: loadavg() };
  const versions = await installedVersions(valkeyServer);
  const goals = goalsOf(plan.rows);
  const at = new Date().toISOString();
  const seconds = Math.round(plan.seconds);
  const json = { name: 'presence', at, seconds, profile: profileName, chosen: rows, machine, versions };
  const directory = path.join(outDirectory, 'bench');
  mkdirSync(directory, { recursive: true });
  const all = { ...json, goals, failures: plan.failures, rows: plan.rows };
  writeFileSync(path.join(directory, 'presence.json'), `${JSON.stringify(all, undefined, 2)}\n`);
  const load = (average: readonly number[]): string => average.map((value) => value.toFixed(1)).join(', ');
  const text = [
    `Presence benchmark, profile ${profileName}, ${at}, ${seconds} s. ${machine.cpu}, ${machine.cores} CPUs for servers, Redis and`,
    `driver; Linux ${machine.kernel}; load average ${load(machine.loadAverageBefore)} before, ${load(machine.loadAverageAfter)} after.`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    tablesOf(plan.rows),
    ...(goals.length > 0 ? [goalTable(goals)] : []),
    ...plan.failures.map(({ name, why }) => `\nNot measured: ${name}: ${why}`),
    '',
  ].join('\n');
  writeFileSync(path.join(directory, 'presence.md'), text);
  return text;
}
