import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { clusterName, ensureClusterUp, takeDown } from '../cluster/cluster.ts';
import { engineAnswers } from '../cluster/engine.ts';
import { gatewayApiCrds } from '../cluster/gateway-api.ts';
import { BROWSERS, requireHostPackages } from '../cluster/host-packages.ts';
import { clusterNodes } from '../cluster/kind-cluster.ts';
import { outDirectory } from '../cluster/paths.ts';
import { proxyRoot } from '../cluster/proxy-root.ts';
import { createShell } from '../cluster/shell.ts';
import { ensureTools } from '../cluster/tools.ts';
import { CHECKS } from './checks.ts';
import { type Failure, failuresFile, REPORT_VARIABLE } from './failures-reporter.ts';
import type { JobOutput } from './job-output.ts';
import type { Job } from './run-jobs.ts';
import { brokenPart, NOTHING_TESTED, type Tally, tallyOf, type VitestReport } from './tally.ts';

/**
 * The jobs of a run, in the order in which they start when several may. What a job needs has to be over before it starts;
 * what is not part of the run is not waited for. The order serves two ends: cheap checks come first, and jobs that
 * wait (for a cluster, for a calendar, for time-outs) run beside jobs that compute. The `timed` jobs come last, alone:
 * they measure how long something takes.
 */
export function jobs(): (Job & { readonly name: JobName })[] {
  const cluster = new TestCluster();
  return [
    { name: 'check', needs: [], run: check },
    { name: 'tools', needs: [], run: tools },
    { name: 'downloads', needs: ['tools'], run: downloads },
    { name: 'cluster', needs: ['tools'], run: (output) => cluster.make(output) },
    { name: 'unit', needs: ['check'], run: (output) => vitest('unit', output, 'unit-isolated') },
    { name: 'e2e', needs: ['cluster', 'unit'], run: (output) => cluster.test('e2e', output) },
    { name: 'chaos', needs: ['cluster'], run: (output) => cluster.test('chaos', output) },
    { name: 'chart', needs: ['tools', 'unit'], run: (output) => vitest('chart', output) },
    {
      name: 'integration',
      needs: ['tools', 'downloads', 'chart'],
      run: (output) => vitest('integration', output),
    },
    { name: 'timed', needs: ['integration', 'e2e'], run: (output) => vitest('timed', output) },
    { name: 'e2e-timed', needs: ['timed'], run: (output) => cluster.test('e2e-timed', output) },
    { name: 'cluster-down', needs: ['e2e-timed', 'chaos'], run: () => cluster.remove() },
  ];
}
export type JobName =
  | 'check'
  | 'tools'
  | 'downloads'
  | 'cluster'
  | 'unit'
  | 'e2e'
  | 'chaos'
  | 'chart'
  | 'integration'
  | 'timed'
  | 'e2e-timed'
  | 'cluster-down';

async function check(output: JobOutput): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0, failures: [], slowest: [] };
  for (const [name, argv] of Object.entries(CHECKS)) {
    const { succeeded, printed } = await output.capture(argv);
    output.say(`${succeeded ? '+' : '!'} ${name}`);
    if (succeeded) tally.passed++;
    else {
      tally.failed++;
      tally.failures.push(name);
      output.say(printed.trimEnd());
    }
  }
  return tally;
}

/** The programs that tests start are made beforehand, with progress, so that no test waits for a compiler. */
async function tools(): Promise<Tally> {
  await ensureTools();
  return NOTHING_TESTED;
}

/** Browsers, proxies and kinds of others that integration tests use: fetched here, no mirror has to answer within the limit of a test. */
async function downloads(output: JobOutput): Promise<Tally> {
  const log = path.join(outDirectory, 'log', 'downloads.log');
  const shell = createShell(log, (text) => output.say(text), new AbortController().signal);
  await requireHostPackages(shell, BROWSERS);
  await proxyRoot(shell);
  await gatewayApiCrds(shell);
  return NOTHING_TESTED;
}

/** The kind cluster of a run. A cluster that ran before is kept; one that was made for the tests is removed. */
class TestCluster {
  #madeHere = false;
  #ready = false;

  async make(output: JobOutput): Promise<Tally> {
    this.#madeHere = !(await clusterRuns());
    if (!(await output.run(['npm', 'run', '--silent', 'build']))) return brokenPart('the build failed');
    await ensureClusterUp();
    this.#ready = true;
    return NOTHING_TESTED;
  }

  async test(project: string, output: JobOutput): Promise<Tally> {
    return this.#ready ? vitest(project, output) : brokenPart(`${project}: there is no cluster`);
  }

  async remove(): Promise<Tally> {
    if (this.#madeHere) await takeDown();
    return NOTHING_TESTED;
  }
}

async function clusterRuns(): Promise<boolean> {
  const log = path.join(outDirectory, 'log', 'suite.log');
  const shell = createShell(log, () => {}, new AbortController().signal);
  return (await engineAnswers(shell)) && (await clusterNodes(shell, clusterName)).length > 0;
}

/** Runs a project of vitest.config.ts, or several in one run; the report is named after the first. */
async function vitest(project: string, output: JobOutput, ...more: string[]): Promise<Tally> {
  mkdirSync(outDirectory, { recursive: true });
  const report = path.join(outDirectory, `${project}.json`);
  const failures = failuresFile(report);
  for (const file of [report, failures]) rmSync(file, { force: true });
  const projects = [project, ...more].flatMap((name) => ['--project', name]);
  await output.run(['env', `${REPORT_VARIABLE}=${report}`, 'vitest', 'run', ...projects]);
  try {
    return tallyOf(
      JSON.parse(readFileSync(report, 'utf8')) as VitestReport,
      JSON.parse(readFileSync(failures, 'utf8')) as Failure[],
    );
  } catch {
    return tallyOf(undefined);
  }
}
