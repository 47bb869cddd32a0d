import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../cluster/paths.ts';

/** What the check `dead exports` of `make check` prints for these sources, with our settings. */
async function deadExports(sources: Record<string, string>): Promise<{ code: number; output: string }> {
  const directory = mkdtempSync(path.join(tmpdir(), 'dead-exports-'));
  try {
    copyFileSync(path.join(repository, 'knip.json'), path.join(directory, 'knip.json'));
    writeFileSync(path.join(directory, 'package.json'), JSON.stringify({ name: 'example', type: 'module' }));
    for (const [name, text] of Object.entries(sources)) {
      mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
      writeFileSync(path.join(directory, name), text);
    }
    const program = path.join(repository, 'node_modules/knip/bin/knip.js');
    return await new Promise((resolve) => {
      execFile(process.execPath, [program, '--no-progress'], { cwd: directory }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr }),
      );
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const MAIN = "import { used } from './part.ts';\nused();\n";

it('an export that nothing imports is found, and a file that no program reaches', async () => {
  const part = 'export function used() {}\nexport function unused() {}\n';
  const { code, output } = await deadExports({
    'src/cli/main.ts': MAIN,
    'src/cli/part.ts': part,
    'src/cli/lost.ts': 'export const lost = 1;\n',
  });
  expect(code).toBe(1);
  expect(output).toMatch(/^unused .*src\/cli\/part\.ts:2/m);
  expect(output).toMatch(/^src\/cli\/lost\.ts/m);
});

it('sources without either pass', async () => {
  const found = await deadExports({
    'src/cli/main.ts': MAIN,
    'src/cli/part.ts': 'export function used() {}\n',
  });
  expect(found.output).not.toContain('Unused');
  expect(found.code).toBe(0);
});
