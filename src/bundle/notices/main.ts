/** `node src/bundle/notices/main.ts [--check]` writes THIRD-PARTY-NOTICES.txt at the root of the checkout, or compares it. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundlePrograms, NOTICES_FILE } from '../bundle-programs.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const file = path.join(root, NOTICES_FILE);
const { notices } = await bundlePrograms(root, path.join(root, 'dist'));
if (process.argv[2] !== '--check') await writeFile(file, notices);
else if ((await readFile(file, 'utf8').catch(() => '')) !== notices) {
  process.stderr.write(`${NOTICES_FILE} does not say what is in the bundles: run \`make generate\`\n`);
  process.exitCode = 1;
}
