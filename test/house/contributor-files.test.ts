import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repository } from '../cluster/paths.ts';

const read = (file: string): string => readFileSync(path.join(repository, file), 'utf8');

interface Workflow {
  jobs: Record<string, { steps: { run?: string; uses?: string }[] }>;
}

describe('files for contributors', () => {
  it('fit on a screen where an agent reads them first', () => {
    expect(read('AGENTS.md').trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  });

  const workflows = readdirSync(path.join(repository, '.github/workflows')).map((name) => {
    const text = read(`.github/workflows/${name}`);
    const { jobs } = parse(text) as Workflow;
    return { name, text, steps: Object.values(jobs).flatMap((job) => job.steps) };
  });

  it('run in CI nothing but .ci/run, which every other CI runs too', () => {
    const ci = workflows.find(({ name }) => name === 'ci.yml');
    expect(ci?.steps.flatMap(({ run }) => run ?? [])).toEqual(['.ci/run']);
    expect(statSync(path.join(repository, '.ci/run')).mode & 0o111).not.toBe(0);
  });

  it('run in other workflows one command a step, whose work is in this repository', () => {
    const known = /^(npm ci|npm run|npm publish|make|git diff|gh release create|cosign sign-blob) .*$/;
    const runs = workflows.filter(({ name }) => name !== 'ci.yml').flatMap(({ steps }) => steps);
    expect(runs.length).toBeGreaterThan(10);
    expect(runs.flatMap(({ run }) => run ?? []).filter((run) => !known.test(run))).toEqual([]);
  });

  it('name actions of others by commit, with the version beside it', () => {
    const uses = workflows.flatMap(({ text }) => [...text.matchAll(/uses: (.*)$/gm)].map(([, name]) => name));
    expect(uses.length).toBeGreaterThan(10);
    expect(uses.filter((name) => !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(name ?? ''))).toEqual([]);
  });

  it('are YAML that a parser reads', () => {
    for (const file of ['dependabot.yml', 'ISSUE_TEMPLATE/bug.yml', 'ISSUE_TEMPLATE/feature.yml']) {
      expect(parse(read(`.github/${file}`)), file).toBeTypeOf('object');
    }
  });
});
