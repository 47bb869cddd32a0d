import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { clusterName, ensureClusterUp, takeDown } from '../cluster/cluster.ts';
import { engineAnswers } from '../cluster/engine.ts';
import { clusterNodes } from '../cluster/kind-cluster.ts';
import { outDirectory, repository } from '../cluster/paths.ts';
import { createShell } from '../cluster/shell.ts';
import { ensureTools } from '../cluster/tools.ts';
import { brokenPart, type Tally, tallyOf, type VitestReport } from './tally.ts';

/** What `make check` holds; each command is one check. */
const CHECKS: Record<string, string[]> = {
  'format and lint': ['biome', 'check', '--error-on-warnings', '.'],
  'floating promises': ['oxlint', '--type-aware', '--deny-warnings', 'src', 'test'],
  types: ['tsc', '-p', '.'],
  'dependency rules': [
    'depcruise',
    'src',
    'test',
    '--config',
    '.dependency-cruiser.mjs',
    '--output-type',
    'err',
  ],
  'dead exports': ['knip', '--no-progress'],
  'generated files': ['node', 'src/api/crdgen/main.ts', '--check'],
  'plain manifests': ['node', 'test/chart/render-install.ts', '--check'],
  'metrics page': ['node', 'test/house/metrics-page.ts', '--check'],
};

export const PARTS = {
  check,
  unit: () => vitest('unit'),
  chart: () => vitestWithTools('chart'),
  integration: () => vitestWithTools('integration'),
  e2e: () => onCluster('e2e'),
  chaos: () => onCluster('chaos'),
};
export type PartName = keyof typeof PARTS;

async function check(): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const [name, [program = '', ...args]] of Object.entries(CHECKS)) {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: repository, encoding: 'utf8' });
    console.log(`${status === 0 ? '+' : '!'} ${name}`);
    if (status === 0) tally.passed++;
    else {
      tally.failed++;
      tally.failures.push(name);
      console.log(`${stdout}${stderr}`.trimEnd());
    }
  }
  return tally;
}

/** The cluster is left as it was found: kept when it ran before, removed when it was made for the tests. */
async function onCluster(project: string): Promise<Tally> {
  const found = await clusterRuns();
  if (!run(['npm', 'run', '--silent', 'build'])) return brokenPart('the build failed');
  await ensureClusterUp();
  const tally = vitest(project);
  if (!found) await takeDown();
  return tally;
}

async function clusterRuns(): Promise<boolean> {
  const log = path.join(outDirectory, 'log', 'suite.log');
  const shell = createShell(log, () => {}, new AbortController().signal);
  return (await engineAnswers(shell)) && (await clusterNodes(shell, clusterName)).length > 0;
}

/** The tools are made beforehand, with progress, so that no test waits for a compiler. */
async function vitestWithTools(project: string): Promise<Tally> {
  await ensureTools();
  return vitest(project);
}

function vitest(project: string): Tally {
  const file = path.join(outDirectory, `${project}.json`);
  rmSync(file, { force: true });
  run([
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  try {
    return tallyOf(JSON.parse(readFileSync(file, 'utf8')) as VitestReport);
  } catch {
    return tallyOf(undefined);
  }
}

function run([program = '', ...args]: string[]): boolean {
  return spawnSync(program, args, { cwd: repository, stdio: 'inherit' }).status === 0;
}
