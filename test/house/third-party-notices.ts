/** `node test/house/third-party-notices.ts [--check]` writes THIRD-PARTY-NOTICES.txt at the root of the checkout, or compares it. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundlePrograms, NOTICES_FILE } from '../../src/bundle/bundle-programs.ts';
import { repository } from '../cluster/paths.ts';

const file = path.join(repository, NOTICES_FILE);
const { notices } = await bundlePrograms(repository, path.join(repository, 'dist'));
if (process.argv[2] !== '--check') await writeFile(file, notices);
else if ((await readFile(file, 'utf8').catch(() => '')) !== notices) {
  console.error(`${NOTICES_FILE} does not match the bundles: run \`make generate\``);
  process.exitCode = 1;
}
