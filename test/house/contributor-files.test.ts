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

  it('run nothing in a workflow but .ci/run, which every other CI runs too', () => {
    for (const name of readdirSync(path.join(repository, '.github/workflows'))) {
      const workflow = parse(read(`.github/workflows/${name}`)) as Workflow;
      const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
      expect(steps.flatMap(({ run }) => run ?? [])).toEqual(['.ci/run']);
      expect(steps.filter(({ uses }) => uses !== undefined && !uses.startsWith('actions/'))).toEqual([]);
    }
    expect(statSync(path.join(repository, '.ci/run')).mode & 0o111).not.toBe(0);
  });

  it('are YAML that a parser reads', () => {
    for (const file of ['dependabot.yml', 'ISSUE_TEMPLATE/bug.yml', 'ISSUE_TEMPLATE/feature.yml']) {
      expect(parse(read(`.github/${file}`)), file).toBeTypeOf('object');
    }
  });
});
