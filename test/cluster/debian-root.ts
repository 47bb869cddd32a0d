import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type CacheEntry, cached } from './cache.ts';
import { runFetching } from './fetching.ts';
import { requireHostPackages } from './host-packages.ts';
import type { Shell } from './shell.ts';

export interface DebianSource {
  suite: string;
  packages: readonly string[];
  /** `extract` only unpacks; `minbase` configures, so that programs such as systemd are ready to run. */
  variant: 'extract' | 'minbase';
}

/** Unpacks Debian packages into a directory or, when `target` ends in .tar, into an archive. */
export async function makeDebianRoot(shell: Shell, source: DebianSource, target: string): Promise<void> {
  await requireHostPackages(shell, ['mmdebstrap']);
  const command = [
    'mmdebstrap',
    process.getuid?.() === 0 ? '--mode=root' : '--mode=unshare',
    `--variant=${source.variant}`,
    `--include=${source.packages.join(',')}`,
    '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
    // Mirrors of closed networks lag behind: the signature is still checked, only the date is not.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    source.suite,
    target,
  ];
  // Beside the target, where what a killed run has left is removed by the next.
  const clear = () => rmSync(target, { recursive: true, force: true });
  await runFetching(shell, command, { env: { TMPDIR: path.dirname(target) }, clear });
}

export interface ProgramSet {
  entry: CacheEntry;
  source: DebianSource;
  /** Absolute paths in the Debian root. */
  programs: readonly string[];
  /** Programs of the host to take along, as [path on the host, path in the root]. */
  extra?: readonly (readonly [string, string])[];
  /** Files of the host that are no programs, as [path on the host, path in the root]. */
  texts?: readonly (readonly [string, string])[];
  /** Files and folders of the Debian root that are no programs: notices of its packages. */
  documents?: readonly string[];
  user: { name: string; id: number };
}

/**
 * A root directory with nothing but the named programs, the libraries that the loader says they need,
 * one user and /tmp: an image of it has no shell, and its programs run on a host with an older libc too.
 */
export function programRoot(shell: Shell, set: ProgramSet): Promise<string> {
  return cached(set.entry, async (root) => {
    const full = `${root}.full`;
    await shell.run(['rm', '-rf', full]);
    await makeDebianRoot(shell, set.source, full);
    prepareRoot(root, set.user);
    for (const program of set.programs)
      await copyProgram(shell, full, path.join(full, program), root, program);
    for (const [from, to] of set.extra ?? []) await copyProgram(shell, full, from, root, to);
    for (const [from, to] of set.texts ?? []) copy(from, path.join(root, to));
    for (const document of set.documents ?? [])
      copyDocument(path.join(full, document), path.join(root, document));
    await shell.run(['rm', '-rf', full]);
  });
}

/** How to start a program of such a root on the host: through the root's own loader. */
export function hostCommand(root: string, program: string): string[] {
  return [loaderOf(root), '--library-path', libraryPath(root), path.join(root, program)];
}

function prepareRoot(root: string, user: ProgramSet['user']): void {
  for (const name of ['bin', 'lib', 'lib64']) {
    mkdirSync(path.join(root, 'usr', name), { recursive: true });
    symlinkSync(`usr/${name}`, path.join(root, name));
  }
  for (const name of ['etc', 'tmp', 'data']) mkdirSync(path.join(root, name));
  chmodSync(path.join(root, 'tmp'), 0o1777);
  const line = (id: number, name: string) => `${name}:x:${id}:${id}:${name}:/:/sbin/nologin\n`;
  writeFileSync(path.join(root, 'etc/passwd'), line(0, 'root') + line(user.id, user.name));
  writeFileSync(path.join(root, 'etc/group'), `root:x:0:\n${user.name}:x:${user.id}:\n`);
}

async function copyProgram(
  shell: Shell,
  full: string,
  from: string,
  root: string,
  to: string,
): Promise<void> {
  const listed = await shell.output([loaderOf(full), '--library-path', libraryPath(full), '--list', from]);
  const libraries = [...listed.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(/gm)].map((match) => match[1] ?? '');
  const loader = loaderOf(full);
  copy(loader, path.join(root, path.relative(full, loader)));
  for (const library of libraries) {
    if (library.startsWith(full)) copy(library, path.join(root, path.relative(full, library)));
  }
  copy(from, path.join(root, to));
  chmodSync(path.join(root, to), 0o755);
}

function copy(from: string, to: string): void {
  mkdirSync(path.dirname(to), { recursive: true });
  copyFileSync(from, to);
}

/** As text: a package may have its copyright file of another, by a link. */
function copyDocument(from: string, to: string): void {
  cpSync(from, to, { recursive: true, dereference: true });
}

function loaderOf(root: string): string {
  const directory = path.join(root, process.arch === 'arm64' ? 'usr/lib' : 'usr/lib64');
  const name = readdirSync(directory).find((file) => /^ld-linux.*\.so/.test(file));
  if (!name) throw new Error(`no program loader in ${directory}`);
  return path.join(directory, name);
}

function libraryPath(root: string): string {
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  return path.join(root, 'usr/lib', triplet);
}
