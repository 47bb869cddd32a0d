import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

describe('the npm package', () => {
  it('carries programs, licence and notices, and neither sources nor source maps', async () => {
    // Scripts would build, into the folder that other tests read.
    const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: path.resolve(import.meta.dirname, '..'),
    });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const names = files.map((file) => file.path).filter((name) => !/^dist\/[\w-]+\.(js|txt)$/.test(name));
    expect(names.sort()).toEqual(['LICENSE', 'README.md', 'THIRD-PARTY-NOTICES.txt', 'package.json']);
  });
});
