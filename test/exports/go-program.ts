import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** A program of this folder that is compiled with the code of another tool. */
export interface GoProgram {
  /** Of the tool, with its version. */
  name: string;
  folder: string;
  /** Further arguments of `go build`. */
  flags: readonly string[];
}

/** What the tool says: by name of a window or namespace, whether each instant is in it. */
export type Answers = Record<string, boolean[]>;

/** @returns the path of the compiled program, in `directory` */
export async function compile({ name, folder, flags }: GoProgram, directory: string): Promise<string> {
  const cwd = fileURLToPath(new URL(`${folder}/`, import.meta.url));
  const program = path.join(directory, name.replaceAll(' ', '-'));
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' };
  // Without symbols for debuggers: linking takes half of the time when all packages are compiled.
  await exec('go', ['build', '-ldflags=-w', ...flags, '-o', program, '.'], { cwd, env });
  return program;
}

/** @throws Error with what the program says when the tool refuses the text */
export async function ask(program: string, text: string, instants: readonly number[]): Promise<Answers> {
  const asked = exec(
    program,
    instants.map((instant) => new Date(instant).toISOString()),
  );
  asked.child.stdin?.end(text);
  return JSON.parse((await asked).stdout) as Answers;
}
