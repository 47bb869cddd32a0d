import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../cluster/paths.ts';
import { section } from './markdown.ts';

const HEADING = '## One update, from a client to a client on another pod';

interface Step {
  readonly file: string;
  readonly names: readonly string[];
}

/** The steps of a walk: `1. \`file\`: text with \`function\` names`. Names with a dot are other files. */
function stepsOf(text: string): Step[] {
  const items = text.split(/^(?=\d+\. )/m).filter((item) => /^\d+\. /.test(item));
  return items.map((item) => {
    const [file = '', ...names] = [...item.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    return { file, names: names.filter((name) => /^#?\w+$/.test(name)) };
  });
}

/** Names of a walk that are not in their file. */
function wrongSteps(steps: readonly Step[]): string[] {
  return steps.flatMap(({ file, names }) => {
    const place = path.join(repository, file);
    if (!existsSync(place)) return [`${file}: no such file`];
    const source = readFileSync(place, 'utf8');
    return names.filter((name) => !source.includes(name)).map((name) => `${file}: no ${name}`);
  });
}

describe('the walk of an update in docs/architecture.md', () => {
  const text = section(readFileSync(path.join(repository, 'docs/architecture.md'), 'utf8'), HEADING) ?? '';
  const steps = stepsOf(text);

  it('names files and functions that exist', () => {
    expect(steps.length).toBeGreaterThan(10);
    expect(wrongSteps(steps)).toEqual([]);
  });

  it('counts its files', () => {
    const files = new Set([...text.matchAll(/`(src\/[^`]+)`/g)].map(([, file]) => file));
    const [, counted] = /These are (\d+) files/.exec(text) ?? [];
    expect(files.size).toBe(Number(counted));
  });

  it('is found to be wrong', () => {
    expect(wrongSteps(stepsOf('1. `none.ts`: `f`.\n2. `package.json`: `noSuchName`.'))).toEqual([
      'none.ts: no such file',
      'package.json: no noSuchName',
    ]);
  });
});
