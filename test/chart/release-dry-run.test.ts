import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../cluster/paths.ts';

const run = promisify(execFile);
/** The image needs Debian packages, krew and actionlint are compiled: `make release-dry-run` does that. */
const WITHOUT = 'image,krew,workflows';
const DIGEST = `sha256:${'1'.repeat(64)}`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'release-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the dry run of a release', () => {
  it('makes and checks charts, client, plugin, bill of materials and checksums', async () => {
    const out = path.join(folder, 'out');
    const args = [
      'dry-run',
      '--out',
      out,
      '--without',
      WITHOUT,
      '--digest',
      DIGEST,
      '--repository',
      'example.com/o',
    ];
    const { stdout } = await run(process.execPath, [path.join(repository, 'release/main.ts'), ...args]);
    expect(stdout).toContain('plugin: done');
    expect(stdout).toContain('A release would publish:\n  image   example.com/o:');
    const names = readdirSync(out).map((name) =>
      name.replace(/\d+\.\d+\.\d+[^-]*?(?=[-.](?:linux|sbom|source|tgz))/, 'V'),
    );
    expect(names.sort()).toEqual([
      'RELEASE-NOTES.md',
      'SHA256SUMS',
      'install.yaml',
      expect.stringMatching(/^kubectl-presence-V-linux-\w+\.tar\.gz$/),
      'presence-operator-V-sbom.cdx.json',
      'presence-operator-V-source-maps.tar.gz',
      'presence-operator-V.tgz',
      'presence-operator-client-V.tgz',
      'presence-operator-crds-V.tgz',
    ]);
    expect(readFileSync(path.join(out, 'install.yaml'), 'utf8')).toContain(
      `image: example.com/o@${DIGEST}\n`,
    );
    await run('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: out });
  });
});
