/**
 * `make test-kubernetes VERSION=1.37.2`: CRDs, chart, admission policies and operator runtime on the API server of another
 * Kubernetes release, or of every release in test/cluster/versions.ts when none is named. A release takes ten minutes to
 * compile the first time, so this is outside CI. Ends with a line for each release.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { controlPlaneProgram } from '../cluster/control-plane.ts';
import { outDirectory, repository } from '../cluster/paths.ts';
import { otherKubernetes } from '../cluster/versions.ts';
import { tallyOf, type VitestReport } from '../suite/tally.ts';

/** What depends on the API server and on nothing else of a cluster. */
const TESTS = [
  'test/integration/crd',
  'test/integration/admission',
  'test/integration/platform',
  'test/chart/install-on-server.test.ts',
];
const PROJECTS = ['integration', 'chart', 'timed'];

const named = process.argv.slice(2);
const versions = named.length > 0 ? named : [...otherKubernetes];
try {
  for (const version of versions) controlPlaneProgram(version);
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exit(2);
}
const lines: string[] = [];
for (const version of versions) {
  const { passed, failed, skipped, failures } = tallyOf(await testOn(version));
  if (failed > 0) process.exitCode = 1;
  const also = skipped > 0 ? `, ${skipped} skipped` : '';
  lines.push(`Kubernetes ${version}: ${passed} passed, ${failed} failed${also}`);
  lines.push(...failures.map((failure) => `  ! ${failure}`));
}
for (const line of lines) console.log(line);

async function testOn(version: string): Promise<VitestReport | undefined> {
  console.log(`> Kubernetes ${version}`);
  mkdirSync(outDirectory, { recursive: true });
  const report = path.join(outDirectory, `kubernetes-${version}.json`);
  rmSync(report, { force: true });
  const projects = PROJECTS.flatMap((name) => ['--project', name]);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const env = { ...process.env, KUBERNETES_VERSION: version };
  const child = spawn('vitest', ['run', ...projects, ...reporters, ...TESTS], {
    cwd: repository,
    env,
    stdio: 'inherit',
  });
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
  } catch {
    return undefined;
  }
}
