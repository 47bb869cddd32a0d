import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { repository } from '../cluster/paths.ts';

/** `RULE: FROM -> TO` */
type Offence = string;

const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true });
});

const installed = ['zod', 'yaml', 'ioredis', 'undici', 'pino', 'ws', '@kubernetes/client-node'];
const installedForDevelopment = ['fast-check', 'esbuild'];

/** A small checkout with these sources and stubs of the packages. */
function checkout(sources: Record<string, string>): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'dependency-rules-'));
  directories.push(directory);
  const files: Record<string, string> = { ...sources };
  files['package.json'] = JSON.stringify({
    type: 'module',
    dependencies: Object.fromEntries(installed.map((name) => [name, '1.0.0'])),
    devDependencies: Object.fromEntries(installedForDevelopment.map((name) => [name, '1.0.0'])),
  });
  for (const name of [...installed, ...installedForDevelopment]) {
    files[`node_modules/${name}/package.json`] = JSON.stringify({
      name,
      version: '1.0.0',
      exports: './index.js',
    });
    files[`node_modules/${name}/index.js`] = 'export const z = 1;\n';
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    writeFileSync(path.join(directory, name), text);
  }
  return directory;
}

interface Report {
  summary: { violations: { rule: { name: string }; from: string; to: string }[] };
}

async function offences(sources: Record<string, string>): Promise<Offence[]> {
  const program = path.join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const config = path.join(repository, '.dependency-cruiser.mjs');
  const args = [program, 'src', 'test', '--config', config, '--output-type', 'json'];
  const cwd = checkout({ 'src/empty.ts': '', 'test/empty.ts': '', ...sources });
  const report = await new Promise<Report>((resolve, reject) => {
    execFile(process.execPath, args, { cwd }, (error, stdout) => {
      if (stdout.startsWith('{')) resolve(JSON.parse(stdout) as Report);
      else reject(error ?? new Error(stdout));
    });
  });
  return report.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).sort();
}

const value = (target: string) => `import { z } from '${target}';\nexport const own = z;\n`;
const type = (target: string) => `import type { z } from '${target}';\nexport type Own = z;\n`;
const constant = 'export const z = 1;\n';

/** Rule, offending file, what it imports, its text. */
const PLANTED: (readonly [rule: string, from: string, to: string, text: string])[] = [
  ['domain-is-pure', 'src/domain/a.ts', 'src/platform/clock.ts', value('../platform/clock.ts')],
  ['domain-is-pure', 'src/domain/a.ts', 'src/operator/gather.ts', type('../operator/gather.ts')],
  [
    'domain-is-pure',
    'src/domain/a.ts',
    'src/presence/room.ts',
    "export type { z } from '../presence/room.ts';\n",
  ],
  ['domain-is-pure', 'src/domain/a.ts', 'src/cli/table.ts', "export * from '../cli/table.ts';\n"],
  ['domain-is-pure', 'src/domain/a.ts', 'fs', "import 'node:fs';\n"],
  [
    'domain-is-pure',
    'src/domain/deep/down/a.ts',
    'fs/promises',
    "import type { FileHandle } from 'node:fs/promises';\n",
  ],
  ...['ioredis', 'undici', 'pino', 'ws', '@kubernetes/client-node', 'zod'].map(
    (name) => ['domain-is-pure', 'src/domain/a.ts', `node_modules/${name}/index.js`, value(name)] as const,
  ),
  ['api-is-schemas', 'src/api/v1alpha1/a.ts', 'node_modules/yaml/index.js', value('yaml')],
  ['api-is-schemas', 'src/api/v1alpha1/a.ts', 'src/domain/b.ts', type('../../domain/b.ts')],
  ['crdgen-writes-yaml', 'src/api/crdgen/crd.ts', 'fs', "import 'node:fs';\n"],
  ['protocol-alone', 'src/api/protocol/a.ts', 'src/api/v1alpha1/b.ts', type('../v1alpha1/b.ts')],
  ['protocol-alone', 'src/api/protocol/a.ts', 'node_modules/zod/index.js', value('zod')],
  ['crdgen-is-build-time', 'src/operator/a.ts', 'src/api/crdgen/crd.ts', value('../api/crdgen/crd.ts')],
  ['presence-is-a-program', 'src/presence/a.ts', 'src/bundle/options.ts', value('../bundle/options.ts')],
  ['bundle-runs-esbuild', 'src/bundle/a.ts', 'node_modules/fast-check/index.js', value('fast-check')],
  ['bundle-runs-esbuild', 'src/bundle/a.ts', 'src/platform/b.ts', type('../platform/b.ts')],
  ['monitoring-is-data', 'src/monitoring/a.ts', 'src/operator/b.ts', type('../operator/b.ts')],
  [
    'platform-knows-nothing-of-ours',
    'src/platform/kube/a.ts',
    'src/api/v1alpha1/b.ts',
    type('../../api/v1alpha1/b.ts'),
  ],
  ['operator-is-a-program', 'src/operator/a.ts', 'src/presence/b.ts', value('../presence/b.ts')],
  ['presence-is-a-program', 'src/presence/a.ts', 'src/cli/b.ts', value('../cli/b.ts')],
  ['cli-is-a-program', 'src/cli/a.ts', 'src/operator/b.ts', type('../operator/b.ts')],
  ['dashboard-server-is-a-program', 'src/dashboard-server/a.ts', 'src/cli/b.ts', value('../cli/b.ts')],
  ['operator-is-a-program', 'src/operator/a.ts', 'src/reports/b.ts', value('../reports/b.ts')],
  ['dashboard-feed-is-shared', 'src/dashboard-feed/a.ts', 'src/cli/b.ts', type('../cli/b.ts')],
  ['reports-only-compute', 'src/reports/a.ts', 'src/platform/b.ts', type('../platform/b.ts')],
  ['reports-only-compute', 'src/reports/a.ts', 'fs', "import 'node:fs';\n"],
  ['client-speaks-the-protocol', 'src/client/a.ts', 'src/platform/b.ts', value('../platform/b.ts')],
  ['dashboard-is-a-page', 'src/dashboard/page/a.ts', 'src/domain/c.ts', type('../../domain/c.ts')],
  [
    'dashboard-views-know-no-server',
    'src/dashboard/views/a.ts',
    'src/dashboard/page/b.ts',
    type('../page/b.ts'),
  ],
  ['dashboard-data-alone', 'src/api/dashboard/a.ts', 'node_modules/zod/index.js', value('zod')],
  ['main-is-a-root', 'test/a.ts', 'src/operator/main.ts', value('../src/operator/main.ts')],
  ['src-without-test', 'src/platform/a.ts', 'src/platform/b.test.ts', value('./b.test.ts')],
  ['no-undeclared-packages', 'src/operator/a.ts', 'node_modules/fast-check/index.js', value('fast-check')],
  ['no-undeclared-packages', 'src/presence/a.ts', 'node_modules/esbuild/index.js', type('esbuild')],
];

describe('the dependency rules', () => {
  it('let the intended directions pass', async () => {
    const found = await offences({
      'src/api/protocol/codes.ts': constant,
      'src/api/v1alpha1/kinds.ts': value('zod'),
      'src/api/crdgen/crd.ts': `${value('zod')}import '../v1alpha1/kinds.ts';\nimport 'yaml';\n`,
      'src/api/crdgen/main.ts': "import './crd.ts';\nimport 'node:fs';\n",
      'src/bundle/main.ts':
        "import 'esbuild';\nimport 'node:fs/promises';\nimport 'node:path';\nimport './options.ts';\n",
      'src/bundle/options.ts': constant,
      'src/domain/a.ts': `import './b.ts';\nimport '../api/v1alpha1/kinds.ts';\n`,
      'src/domain/b.ts': constant,
      'src/domain/a.test.ts':
        "import 'fast-check';\nimport 'node:fs';\nimport '../../test/support/fake.ts';\n",
      'src/platform/kube/client.ts':
        "import 'undici';\nimport 'node:https';\nimport '../runtime/clock.ts';\n",
      'src/platform/runtime/clock.ts': constant,
      'src/operator/main.ts':
        "import '../domain/a.ts';\nimport '../platform/kube/client.ts';\nimport 'pino';\n",
      'src/client/client.ts': "import '../api/protocol/codes.ts';\nimport 'ws';\n",
      'test/support/fake.ts': "import '../../src/operator/gather.ts';\nimport 'fast-check';\n",
      'src/operator/gather.ts': constant,
    });
    expect(found).toEqual([]);
  });

  it('refuse each of these, and say which rule it breaks', async () => {
    const sources: Record<string, string> = {};
    const expected: Offence[] = [];
    for (const [index, [rule, file, to, text]] of PLANTED.entries()) {
      const from = file.replace('.ts', `-${index}.ts`);
      sources[from] = text;
      if (to.startsWith('src/')) sources[to] = constant;
      expected.push(`${rule}: ${from} -> ${to}`);
    }
    expect(await offences(sources)).toEqual(expected.sort());
  });

  it('keep test/ out of src', async () => {
    const found = await offences({
      'src/operator/a.ts': value('../../test/fake.ts'),
      'test/fake.ts': constant,
    });
    expect(found).toContain('src-without-test: src/operator/a.ts -> test/fake.ts');
  });

  it('refuse a cycle, also one of types', async () => {
    const found = await offences({ 'src/domain/a.ts': type('./b.ts'), 'src/domain/b.ts': type('./a.ts') });
    expect(found.map((offence) => offence.split(':')[0])).toContain('no-cycles');
  });

  it('refuse an import that leads nowhere', async () => {
    const found = await offences({ 'src/operator/a.ts': value('./missing.ts') });
    expect(found).toEqual(['no-unresolved: src/operator/a.ts -> ./missing.ts']);
  });
});
