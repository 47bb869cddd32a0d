import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildClient } from '../src/bundle/client/client-package.ts';
import type { Shell } from '../test/cluster/shell.ts';
import { namesInTar, textInTar } from './archive.ts';
import type { Release } from './release.ts';

/** Name that npm gives to the archive of `@presence-operator/client`. */
export function clientArchive({ out, version }: Release): string {
  return path.join(out, `presence-operator-client-${version}.tgz`);
}

/** Packs the client as npm would publish it, from a copy: the checkout's own build may be in use. */
export async function packClient(shell: Shell, release: Release): Promise<void> {
  const folder = path.join(release.work, 'client');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const from = path.join(release.root, 'packages/client');
  cpSync(path.join(from, 'README.md'), path.join(folder, 'README.md'));
  const text = readFileSync(path.join(from, 'package.json'), 'utf8');
  writeFileSync(path.join(folder, 'package.json'), publishedPackage(text, release.source));
  await buildClient(release.root, folder);
  await shell.run(['npm', 'pack', folder, '--ignore-scripts', '--silent', '--pack-destination', release.out]);
}

/** package.json with the address of the repository: npm compares it with that of the workflow, for the provenance. */
export function publishedPackage(text: string, source: string): string {
  const file = JSON.parse(text) as Record<string, unknown>;
  const repository = { type: 'git', url: `git+${source}.git`, directory: 'packages/client' };
  return `${JSON.stringify(source === '' ? file : { ...file, repository }, null, 2)}\n`;
}

const FILES = ['README.md', 'dist/LICENSE', 'dist/index.js', 'dist/react.js', 'dist/types/client/index.d.ts'];

/** What is wrong with the packed client; a line each. */
export async function clientOffences(shell: Shell, release: Release): Promise<string[]> {
  const archive = clientArchive(release);
  const names = await namesInTar(shell, archive);
  const { version } = JSON.parse(await textInTar(shell, archive, 'package/package.json')) as {
    version: string;
  };
  return [
    ...FILES.filter((name) => !names.includes(`package/${name}`)).map((name) => `${name} is not there`),
    ...names.filter((name) => name.endsWith('.map')).map((name) => `${name} is a source map`),
    ...(version === release.version ? [] : [`its version is ${version}, not ${release.version}`]),
  ];
}
