import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { repository } from '../cluster/paths.ts';
import type { Failure } from './failures-reporter.ts';

const VITEST = path.join(repository, 'node_modules/vitest/vitest.mjs');
const WITHIN_MS = 120_000;

/** Tests of which one fails, one is skipped because a set-up failed, and one leaves an error behind. */
const TESTS = `
describe('plan', () => {
  it('adds', () => {});
  it('heals', () => expect({ ready: false }).toEqual({ ready: true }));
});
describe('world', () => {
  beforeAll(() => { throw new Error('no server'); });
  it('is there', () => {});
});
it('leaves an error behind', () => { void Promise.reject(new Error('late')); });
`;
const CONFIG = `
import { FailuresReporter } from ${JSON.stringify(path.join(import.meta.dirname, 'failures-reporter.ts'))};
export default { test: { globals: true, reporters: [new FailuresReporter('failures.json')] } };
`;

const folder = mkdtempSync(path.join(tmpdir(), 'failures-'));
afterAll(() => rmSync(folder, { recursive: true }));

it(
  'writes failed tests with what differs, failed set-ups, and errors that no test handled',
  async () => {
    const unloadable = path.join(folder, 'unloadable.test.js');
    const tests = path.join(folder, 'some.test.js');
    writeFileSync(tests, TESTS);
    writeFileSync(unloadable, "throw new Error('not loaded');");
    writeFileSync(path.join(folder, 'vitest.config.js'), CONFIG);
    const code = await new Promise((resolve) => {
      const options = { cwd: folder, timeout: WITHIN_MS };
      execFile(process.execPath, [VITEST, 'run'], options, (error) => resolve(error?.code ?? 0));
    });
    const failures = JSON.parse(readFileSync(path.join(folder, 'failures.json'), 'utf8')) as Failure[];
    expect(code).toBe(1);
    expect(failures).toHaveLength(4);
    expect(failures).toEqual(
      expect.arrayContaining([
        {
          file: tests,
          names: ['plan', 'heals'],
          message: expect.stringContaining('to deeply equal'),
          difference: ['-   "ready": true,', '+   "ready": false,'],
        },
        { file: tests, names: ['world'], message: 'no server', difference: [] },
        { file: unloadable, names: [], message: 'not loaded', difference: [] },
        { names: [], message: 'late', difference: [] },
      ]),
    );
  },
  WITHIN_MS,
);
