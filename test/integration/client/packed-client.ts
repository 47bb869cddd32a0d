import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { buildClient } from '../../../src/bundle/client/client-package.ts';
import { repository } from '../../cluster/paths.ts';

const run = promisify(execFile);

/** What the hook and its examples need of React; the package itself has it as an optional peer. */
const REACT = ['react', 'react-dom', 'scheduler', '@types/react', '@types/react-dom', 'csstype'];

/** A project of an application that has installed the packed package. */
export interface ConsumerProject {
  readonly folder: string;
  /** What `npm pack` put into the package. */
  readonly files: readonly string[];
  /** Runs a program of our node_modules in the project; resolves with what it printed, rejects when it fails. */
  run(program: string, ...args: string[]): Promise<string>;
  remove(): void;
}

export async function installPackedClient(): Promise<ConsumerProject> {
  await buildClient(repository);
  const folder = mkdtempSync(path.join(tmpdir(), 'presence-consumer-'));
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: path.join(repository, 'packages/client'),
  });
  const [{ filename, files }] = Object.values(JSON.parse(packed.stdout) as Packed[]) as [Packed];
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
  );
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${filename}`], { cwd: folder });
  mkdirSync(path.join(folder, 'node_modules/@types'), { recursive: true });
  for (const name of REACT)
    symlinkSync(path.join(repository, 'node_modules', name), path.join(folder, 'node_modules', name));
  return {
    folder,
    files: files.map((file) => file.path),
    run: async (program, ...args) => {
      const bin = path.join(repository, 'node_modules/.bin', program);
      try {
        return (await run(bin, args, { cwd: folder })).stdout;
      } catch (error) {
        const { stdout, stderr } = error as { stdout: string; stderr: string };
        throw new Error(`${program} failed: ${stdout}${stderr}`);
      }
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}
