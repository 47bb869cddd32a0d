import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from '../cluster/paths.ts';

/**
 * Writes a generated file of the checkout where it differs. With `--check` on the command line it only compares: a difference is an error
 * message and exit code 1.
 */
export function keepGenerated(name: string, wanted: string): void {
  const file = path.join(repository, name);
  if (existsSync(file) && readFileSync(file, 'utf8') === wanted) return;
  if (process.argv.includes('--check')) {
    process.stderr.write(`not up to date, run make generate: ${name}\n`);
    process.exitCode = 1;
  } else {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, wanted);
    process.stdout.write(`wrote ${name}\n`);
  }
}
