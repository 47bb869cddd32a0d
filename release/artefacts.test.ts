import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { artefactLines, artefactsIn, CHECKSUMS, checksums } from './artefacts.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'artefacts-'));
  writeFileSync(path.join(folder, 'b.txt'), 'abc');
  writeFileSync(path.join(folder, 'a.bin'), Buffer.alloc(1_500_000));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('checksums', () => {
  it('are read by sha256sum, and leave out their own file', async () => {
    writeFileSync(path.join(folder, CHECKSUMS), checksums(await artefactsIn(folder)));
    const { stdout } = await promisify(execFile)('sha256sum', ['--check', CHECKSUMS], { cwd: folder });
    expect(stdout).toBe('a.bin: OK\nb.txt: OK\n');
  });
});

describe('the list of artefacts', () => {
  it('has sizes and digests', async () => {
    expect(artefactLines(await artefactsIn(folder))).toEqual([
      expect.stringMatching(/^1\.5 MB {2}[0-9a-f]{64} {2}a\.bin$/),
      // Of "abc", as FIPS 180-2 has it.
      '0.0 kB  ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b.txt',
    ]);
  });
});
