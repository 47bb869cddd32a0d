import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { imageArguments } from '../../release/image-arguments.ts';
import { cached, contentOf, digest } from './cache.ts';
import { type ProgramSet, programRoot } from './debian-root.ts';
import { docker, imageInputs, inputsLabel, replaceImage } from './docker.ts';
import { runFetching } from './fetching.ts';
import { importRoot } from './image-import.ts';
import { imageSettings, isLabel } from './image-settings.ts';
import { repository } from './paths.ts';
import type { Shell } from './shell.ts';
import { imageNames, versions } from './versions.ts';
import { inWorkDirectory } from './work-directory.ts';

const distDirectory = path.join(repository, 'dist');

const nodePackage = path.join(repository, 'node_modules/node');

/** The whole image is one folder of an archive; `/licenses` is where certifying tools look. */
const LICENCE_FILES = ['LICENSE', 'THIRD-PARTY-NOTICES.txt'];

/** What the Dockerfile at the root of the repository sets, for a base without a registry. */
function settings(): { base: string[]; labels: string[] } {
  const dockerfile = readFileSync(path.join(repository, 'Dockerfile'), 'utf8');
  const all = imageSettings(dockerfile, imageArguments(repository));
  return { base: all.filter((setting) => !isLabel(setting)), labels: all.filter(isLabel) };
}

/** The bundles that the image carries, as `npm run build` writes them; not their source maps. */
export function bundles(): string[] {
  if (!existsSync(distDirectory)) return [];
  return readdirSync(distDirectory).filter((name) => name.endsWith('.js'));
}

/** The base holds Node and changes rarely; the bundles are a layer of their own, made in a second. */
export async function buildAppImage(shell: Shell): Promise<string> {
  const files = bundles();
  if (!files.includes('operator.js'))
    throw new Error('dist/operator.js is not there: run `npm run build` first');
  const { base: baseSettings, labels } = settings();
  const base = await ensureBase(shell, baseSettings);
  const licences = LICENCE_FILES.map(licenceFile);
  const inputs = digest([
    base,
    ...labels,
    ...files.map((name) => name + contentOf(path.join(distDirectory, name))),
    ...licences.map(contentOf),
  ]);
  if ((await imageInputs(shell, imageNames.operator)) === inputs) return 'unchanged';
  await replaceImage(shell, imageNames.operator, () =>
    buildLayer(shell, base, files, [...labels, `LABEL ${inputsLabel}=${inputs}`]),
  );
  return 'built';
}

/** The notices are those of these very bundles. */
function licenceFile(name: string): string {
  return path.join(name === 'LICENSE' ? repository : distDirectory, name);
}

function buildLayer(
  shell: Shell,
  base: string,
  files: readonly string[],
  labels: readonly string[],
): Promise<void> {
  return inWorkDirectory(async (context) => {
    mkdirSync(path.join(context, 'app'));
    for (const name of files) cpSync(path.join(distDirectory, name), path.join(context, 'app', name));
    writeFileSync(path.join(context, 'app/package.json'), '{"type":"module"}\n');
    mkdirSync(path.join(context, 'licenses'));
    for (const name of LICENCE_FILES) cpSync(licenceFile(name), path.join(context, 'licenses', name));
    writeFileSync(
      path.join(context, 'Dockerfile'),
      [`FROM ${base}`, 'COPY licenses/ /licenses/', 'COPY app/ /app/', ...labels, ''].join('\n'),
    );
    await docker(shell, ['build', '--tag', imageNames.operator, context], { env: { DOCKER_BUILDKIT: '0' } });
  });
}

async function ensureBase(shell: Shell, changes: readonly string[]): Promise<string> {
  const inputs = digest([...nodePrograms(nodeVersion(), '').entry.inputs, ...changes]);
  const base = `presence-operator-base:${inputs}`;
  if ((await imageInputs(shell, base)) !== inputs) {
    shell.say('making the base image with Node');
    await importRoot(shell, await nodeRoot(shell), base, [...changes, `LABEL ${inputsLabel}=${inputs}`]);
  }
  return base;
}

/** The root directory of that base: Node, its libraries and their notices. No container engine is needed. */
export async function nodeRoot(shell: Shell): Promise<string> {
  const version = nodeVersion();
  return programRoot(shell, nodePrograms(version, await nodeLicence(shell, version)));
}

/** Of the npm package: the same that runs the tests. */
function nodeVersion(): string {
  const file = readFileSync(path.join(nodePackage, 'package.json'), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

/** The LICENSE of the Node of the image and of everything inside it. */
export function nodeLicenceFile(shell: Shell): Promise<string> {
  return nodeLicence(shell, nodeVersion());
}

/** What Node's own LICENSE says of everything inside Node. The package of its architecture has it, the one named `node` has not. */
async function nodeLicence(shell: Shell, version: string): Promise<string> {
  const name = `node-linux-${process.arch}`;
  const directory = await cached({ name: `node-licence-${version}`, inputs: [name] }, async (target) => {
    await runFetching(shell, ['npm', 'pack', '--silent', '--pack-destination', target, `${name}@${version}`]);
    const archive = path.join(target, `${name}-${version}.tgz`);
    await shell.run(['tar', '-xzf', archive, '-C', target, '--strip-components=1', 'package/LICENSE']);
    rmSync(archive);
  });
  return path.join(directory, 'LICENSE');
}

function nodePrograms(version: string, licence: string): ProgramSet {
  const packages = ['libatomic1', 'libc6', 'libgcc-s1', 'libstdc++6', 'base-files'];
  return {
    entry: { name: `node-${version}`, inputs: [...packages, process.arch, '2'] },
    source: { suite: versions.nodeSuite, packages, variant: 'extract' },
    programs: [],
    extra: [[path.join(nodePackage, 'bin/node'), '/usr/local/bin/node']],
    texts: [[licence, '/licenses/node/LICENSE']],
    // Debian's copyright files name the GPL and the like by their place in base-files.
    documents: ['usr/share/common-licenses', ...packages.map((name) => `usr/share/doc/${name}/copyright`)],
    user: { name: 'nonroot', id: 65532 },
  };
}
