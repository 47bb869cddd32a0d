import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from '../cluster/paths.ts';

export interface SourceFile {
  /** From the root of the checkout: `src/domain/freeze/freeze-state.ts`. */
  path: string;
  text: string;
}

/** Every TypeScript file below a folder of the checkout. */
export function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(path.join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.split(path.sep).includes('node_modules'))
    .map((name) => path.posix.join(folder, name))
    .sort()
    .map((name) => ({ path: name, text: readFileSync(path.join(repository, name), 'utf8') }));
}

export function isTest(file: SourceFile): boolean {
  return file.path.endsWith('.test.ts');
}
