import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { contentOf, digest } from './cache.ts';
import { type ProgramSet, programRoot } from './debian-root.ts';
import { docker, imageInputs, inputsLabel, replaceImage } from './docker.ts';
import { importRoot } from './image-import.ts';
import { repository } from './paths.ts';
import type { Shell } from './shell.ts';
import { imageNames, versions } from './versions.ts';
import { inWorkDirectory } from './work-directory.ts';

const distDirectory = path.join(repository, 'dist');

const nodePackage = path.join(repository, 'node_modules/node');

/** What the Dockerfile at the root of the repository says of the final image, for a base without a registry. */
const settings = [
  'ENV NODE_ENV=production',
  'USER 65532:65532',
  'WORKDIR /app',
  'ENTRYPOINT ["/usr/local/bin/node"]',
  'CMD ["/app/operator.js"]',
];

/** The bundles that the image carries, as `npm run build` writes them. */
export function bundles(): string[] {
  if (!existsSync(distDirectory)) return [];
  return readdirSync(distDirectory).filter((name) => /\.js(\.map)?$/.test(name));
}

/** The base holds Node and changes rarely; the bundles are a layer of their own, made in a second. */
export async function buildAppImage(shell: Shell): Promise<string> {
  const files = bundles();
  if (!files.includes('operator.js'))
    throw new Error('dist/operator.js is not there: run `npm run build` first');
  const base = await ensureBase(shell);
  const inputs = digest([
    base,
    ...settings,
    ...files.map((name) => name + contentOf(path.join(distDirectory, name))),
  ]);
  if ((await imageInputs(shell, imageNames.operator)) === inputs) return 'unchanged';
  await replaceImage(shell, imageNames.operator, () => buildLayer(shell, base, files, inputs));
  return 'built';
}

function buildLayer(shell: Shell, base: string, files: readonly string[], inputs: string): Promise<void> {
  return inWorkDirectory(async (context) => {
    mkdirSync(path.join(context, 'app'));
    for (const name of files) cpSync(path.join(distDirectory, name), path.join(context, 'app', name));
    writeFileSync(path.join(context, 'app/package.json'), '{"type":"module"}\n');
    const label = `LABEL ${inputsLabel}=${inputs}`;
    writeFileSync(
      path.join(context, 'Dockerfile'),
      [`FROM ${base}`, 'COPY app/ /app/', label, ''].join('\n'),
    );
    await docker(shell, ['build', '--tag', imageNames.operator, context], { env: { DOCKER_BUILDKIT: '0' } });
  });
}

async function ensureBase(shell: Shell): Promise<string> {
  const set = nodePrograms();
  const inputs = digest([...set.entry.inputs, ...settings]);
  const base = `presence-operator-base:${inputs}`;
  if ((await imageInputs(shell, base)) !== inputs) {
    shell.say('making the base image with Node');
    await importRoot(shell, await programRoot(shell, set), base, [
      ...settings,
      `LABEL ${inputsLabel}=${inputs}`,
    ]);
  }
  return base;
}

/** The Node of the npm package: the same that runs the tests. */
function nodePrograms(): ProgramSet {
  const { version } = JSON.parse(readFileSync(path.join(nodePackage, 'package.json'), 'utf8')) as {
    version: string;
  };
  const packages = ['libatomic1', 'libc6', 'libgcc-s1', 'libstdc++6'];
  return {
    entry: { name: `node-${version}`, inputs: [...packages, process.arch, '1'] },
    source: { suite: versions.nodeSuite, packages, variant: 'extract' },
    programs: [],
    extra: [[path.join(nodePackage, 'bin/node'), '/usr/local/bin/node']],
    user: { name: 'nonroot', id: 65532 },
  };
}
