import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browsable, imageArguments } from './image-arguments.ts';

let root: string;
const git = (...args: string[]): string =>
  execFileSync('git', ['-C', root, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
    encoding: 'utf8',
  }).trim();
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'image-arguments-'));
  writeFileSync(path.join(root, 'package.json'), '{"version":"1.2.3"}');
});
afterAll(() => rmSync(root, { recursive: true }));

describe('the arguments of an image', () => {
  it('are empty where there is no repository, but for the version', () => {
    // Also below a repository that this folder would be part of.
    expect(imageArguments(root)).toEqual({ VERSION: '1.2.3', REVISION: '', CREATED: '', SOURCE: '' });
  });

  it('name the commit, and say that files differ from it', () => {
    git('init', '--quiet');
    git('remote', 'add', 'origin', 'git@example.com:a/b.git');
    git('add', '.');
    git('commit', '--quiet', '--message', 'x', '--date', '2026-01-02T03:04:05Z');
    const commit = git('rev-parse', 'HEAD');
    expect(imageArguments(root)).toEqual({
      VERSION: '1.2.3',
      REVISION: commit,
      CREATED: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/),
      SOURCE: 'https://example.com/a/b',
    });
    writeFileSync(path.join(root, 'package.json'), '{"version":"1.2.4"}');
    expect(imageArguments(root)).toMatchObject({ VERSION: '1.2.4', REVISION: `${commit}-dirty` });
  });

  it.each([
    ['https://example.com/a/b.git', 'https://example.com/a/b'],
    ['https://user:secret@example.com/a/b.git', ''],
    ['/srv/repositories/b.git', ''],
    ['', ''],
  ])('have of the address "%s" only what others can open: "%s"', (remote, source) => {
    expect(browsable(remote)).toBe(source);
  });
});

describe('the Dockerfile', () => {
  it('has the version of package.json unless it is given another', () => {
    const inRoot = (name: string): string =>
      readFileSync(path.resolve(import.meta.dirname, '..', name), 'utf8');
    const { version } = JSON.parse(inRoot('package.json')) as { version: string };
    expect(inRoot('Dockerfile')).toContain(`\nARG VERSION=${version}\n`);
  });
});
