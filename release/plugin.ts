import { copyFileSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Shell } from '../test/cluster/shell.ts';
import { gzipFile, writeTar } from './archive.ts';
import type { Platform } from './platforms.ts';
import { type Release, timeOfFiles } from './release.ts';

export const PROGRAM = 'kubectl-presence';
/** What lies in the archive beside the program: licences of everything inside it. */
const TEXTS = ['LICENSE', 'THIRD-PARTY-NOTICES.txt', 'NODE-LICENSE'];

/** How one file is made for a platform. */
export interface PluginOptions {
  readonly platform: Platform;
  /** Node of that platform, in the very version that runs this. */
  readonly node: string;
  /** Folder with the bundles and the notices. */
  readonly bundles: string;
  /** Node's own LICENSE: Node is most of the file. */
  readonly nodeLicence: string;
}

export function pluginArchive({ version }: Pick<Release, 'version'>, { name }: Platform): string {
  return `${PROGRAM}-${version}-${name}.tar.gz`;
}

/**
 * Puts the bundle of the plugin into a copy of Node (single executable application) and packs it with its licences. Other
 * platforms than this one's work as well, but for the signature that macOS asks for: that needs a Mac.
 *
 * @returns the path of the program, unpacked
 */
export async function buildPlugin(shell: Shell, release: Release, options: PluginOptions): Promise<string> {
  const { platform, node, bundles } = options;
  const folder = path.join(release.work, `plugin-${platform.name}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const program = path.join(folder, PROGRAM);
  const base = await strippedNode(shell, platform, node, path.join(folder, 'node'));
  const config = path.join(folder, 'sea.json');
  writeFileSync(
    config,
    JSON.stringify({
      main: path.join(bundles, `${PROGRAM}.js`),
      mainFormat: 'module',
      executable: base,
      output: program,
      disableExperimentalSEAWarning: true,
      // With V8's code cache a start takes 0.04 s less of CPU, and no two builds are equal.
      useCodeCache: false,
      // The variable is for people's own programs: what they load with it must not get into this one.
      execArgvExtension: 'none',
    }),
  );
  await shell.run([process.execPath, '--build-sea', config]);
  if (platform.os === 'darwin') await shell.run(['codesign', '--force', '--sign', '-', program]);
  copyFileSync(path.join(release.root, 'LICENSE'), path.join(folder, 'LICENSE'));
  copyFileSync(path.join(bundles, 'THIRD-PARTY-NOTICES.txt'), path.join(folder, 'THIRD-PARTY-NOTICES.txt'));
  copyFileSync(options.nodeLicence, path.join(folder, 'NODE-LICENSE'));
  const tar = path.join(folder, 'archive.tar');
  await writeTar(shell, folder, [PROGRAM, ...TEXTS], tar, timeOfFiles(release));
  await gzipFile(tar, path.join(release.out, pluginArchive(release, platform)));
  return program;
}

/** Without its symbols, which no user reads, Node for Linux is a fifth smaller. */
async function strippedNode(shell: Shell, platform: Platform, node: string, to: string): Promise<string> {
  if (!existsSync(node)) throw new Error(`there is no Node at ${node}`);
  const strip =
    isNative(platform) && platform.os === 'linux' && (await shell.succeeds(['strip', '--version']));
  if (!strip) {
    copyFileSync(node, to);
    return to;
  }
  const before = statSync(node).size;
  await shell.run(['strip', '--strip-all', '-o', to, node]);
  shell.say(`Node without symbols: ${megabytes(statSync(to).size)} in place of ${megabytes(before)}`);
  return to;
}

/** Whether this machine can run what is made. */
export function isNative(platform: Platform): boolean {
  const here = { platform: process.platform, arch: process.arch };
  return platform.node.platform === here.platform && platform.node.arch === here.arch;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** What a program says of itself where no Node and nothing else is found by name. */
export async function pluginVersion(
  shell: Shell,
  program: string,
): Promise<{ version: string; commit: string }> {
  const printed = await shell.output([
    'env',
    '-i',
    'PATH=/nonexistent',
    program,
    'version',
    '--client',
    '-o',
    'json',
  ]);
  return JSON.parse(printed) as { version: string; commit: string };
}
