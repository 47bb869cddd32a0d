import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SAMPLE_FILES } from '../support/run-cli.ts';
import { fencedBlocks } from './markdown.ts';

const inRoot = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));
const OPEN = '2027-06-04T12:00:00Z';
/** A wedding of the samples is on. */
const FROZEN = '2027-06-05T20:00:00Z';

interface Recipes {
  github: { jobs: { deploy: { steps: { run?: string }[] } } };
  gitlab: { 'freeze-gate': { script: string[] } };
  tekton: { spec: { steps: { script: string }[] } };
}

let folder: string;
let recipes: Recipes;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ci-gates-'));
  // `kubectl presence` and kubectl-presence as they would answer at an instant, from the samples in place of a cluster.
  const files = SAMPLE_FILES.map((file) => `'${file}'`).join(' ');
  const call = `exec '${process.execPath}' '${inRoot('src/cli/main.ts')}' "$@" ${files} --at "$AT"`;
  await writeFile(
    path.join(folder, 'kubectl'),
    `#!/bin/sh\n[ "$1" = presence ] || exit 99\nshift\n${call}\n`,
  );
  await writeFile(path.join(folder, 'kubectl-presence'), `#!/bin/sh\n${call}\n`);
  for (const name of ['kubectl', 'kubectl-presence']) await chmod(path.join(folder, name), 0o755);
  const blocks = fencedBlocks(await readFile(inRoot('docs/how-to/ci-gates.md'), 'utf8'), 'yaml');
  const [github, gitlab, tekton] = blocks.map((block) => parse(block) as unknown);
  recipes = { github, gitlab, tekton } as Recipes;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The exit code of a script of a pipeline, which ends at the first command that fails. */
function exitCode(script: string, at: string, env: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve) => {
    const child = execFile('sh', ['-e', '-c', script], {
      env: { ...process.env, ...env, AT: at, PATH: `${folder}:${process.env.PATH}` },
    });
    child.on('close', (code) => resolve(code ?? -1));
  });
}

describe('docs/how-to/ci-gates.md', () => {
  it('has a gate for GitHub Actions that opens and shuts', async () => {
    const gate = recipes.github.jobs.deploy.steps[1]?.run ?? '';
    expect(gate).toContain('--exit-code');
    expect([await exitCode(gate, OPEN), await exitCode(gate, FROZEN)]).toEqual([0, 3]);
  });

  it('has a gate for GitLab CI that opens and shuts', async () => {
    const gate = recipes.gitlab['freeze-gate'].script.join('\n');
    expect([await exitCode(gate, OPEN), await exitCode(gate, FROZEN)]).toEqual([0, 3]);
  });

  it('has a Tekton step that writes its result, and fails when there is no answer', async () => {
    const result = path.join(folder, 'result');
    const script = (recipes.tekton.spec.steps[0]?.script ?? '').replaceAll('$(results.frozen.path)', result);
    const answers: string[] = [];
    for (const at of [OPEN, FROZEN]) {
      expect(await exitCode(script, at)).toBe(0);
      answers.push(await readFile(result, 'utf8'));
    }
    expect(answers).toEqual(['false', 'true']);
    expect(await exitCode(script.replace('wedsync', 'nobody'), OPEN)).toBe(1);
  });
});
