import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { dockerProgram } from '../cluster/docker.ts';
import { repository } from '../cluster/paths.ts';
import { imageNames } from '../cluster/versions.ts';

const run = promisify(execFile);
const docker = async (...args: string[]): Promise<string> => (await run(dockerProgram(), args)).stdout.trim();
const OCI = 'org.opencontainers.image';

interface ImageConfig {
  User: string;
  Entrypoint: string[];
  Cmd: string[];
  Labels: Record<string, string>;
}

/** Files of the image without the slash in front, with their sizes in bytes. */
let files: Map<string, number>;
let config: ImageConfig;
let id: string;
beforeAll(async () => {
  config = JSON.parse(
    await docker('image', 'inspect', '--format', '{{ json .Config }}', imageNames.operator),
  ) as ImageConfig;
  id = await docker('create', imageNames.operator);
  try {
    // In a pipe: a listing of it is small, the image is not.
    const { stdout } = await run('sh', ['-c', `'${dockerProgram()}' export ${id} | tar -tv`]);
    const line = /^-\S+\s+\S+\s+(\d+)\s+\S+\s+\S+\s+(.+)$/gm;
    files = new Map([...stdout.matchAll(line)].map(([, size, name = '']) => [name, Number(size)]));
  } finally {
    await docker('rm', id);
  }
});

describe('the image that the cluster runs', () => {
  it('holds the programs, and neither source maps nor sources', () => {
    // `dashboard` is the page that dashboard-server and kubectl-presence serve.
    const programs = [
      'operator',
      'presence',
      'feed-worker',
      'issue-certificate',
      'kubectl-presence',
      'dashboard',
      'dashboard-server',
    ];
    const ours = [...files.keys()].filter((name) => name.startsWith('app/')).sort();
    expect(ours).toEqual([...programs.map((name) => `app/${name}.js`), 'app/package.json'].sort());
  });

  it('carries the licences and notices of everything in it', () => {
    for (const name of ['licenses/LICENSE', 'licenses/THIRD-PARTY-NOTICES.txt', 'licenses/node/LICENSE'])
      expect(files.get(name), name).toBeGreaterThan(1_000);
    const notices = readFileSync(path.join(repository, 'dist/THIRD-PARTY-NOTICES.txt'));
    expect(files.get('licenses/THIRD-PARTY-NOTICES.txt')).toBe(notices.length);
    // In Debian's own images those of GCC's libraries are one file, to which their folders are links.
    const copyrights = [...files.keys()].filter(
      (name) => name.startsWith('usr/share/doc/') && name.endsWith('/copyright'),
    );
    for (const library of [/\/libc6\//, /\/(libgcc-s1|gcc-\d+-base)\//])
      expect(
        copyrights.filter((name) => library.test(name)),
        String(library),
      ).toHaveLength(1);
  });

  it('says what it is and where it is from', async () => {
    const read = (name: string) => readFileSync(path.join(repository, name), 'utf8');
    const { version, description, license } = JSON.parse(read('package.json')) as Record<string, string>;
    expect(config.Labels).toMatchObject({
      [`${OCI}.title`]: 'presence-operator',
      [`${OCI}.description`]: description,
      [`${OCI}.licenses`]: license,
      [`${OCI}.version`]: version,
      // Empty where the checkout is no repository, or none that others can open.
      [`${OCI}.revision`]: expect.stringMatching(/^([0-9a-f]{40}(-dirty)?)?$/),
      [`${OCI}.created`]: expect.stringMatching(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d))?$/),
      [`${OCI}.source`]: expect.stringMatching(/^(https:\/\/\S+)?$/),
    });
  });

  it('runs the operator without rights', () => {
    expect(config).toMatchObject({
      User: '65532:65532',
      Entrypoint: ['/usr/local/bin/node'],
      Cmd: ['/app/operator.js'],
    });
  });
});
