/**
 * `node test/chart/render-install.ts` writes manifests/install.yaml; with `--check` it writes nothing and fails when
 * the file differs from the chart.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from '../cluster/paths.ts';
import { openHelm } from './helm.ts';
import { installManifest } from './install-manifest.ts';

const name = 'manifests/install.yaml';
const file = path.join(repository, name);
const wanted = await installManifest(await openHelm());
const upToDate = existsSync(file) && readFileSync(file, 'utf8') === wanted;
if (process.argv.includes('--check')) {
  if (!upToDate) {
    process.stderr.write(`not up to date, run make generate: ${name}\n`);
    process.exitCode = 1;
  }
} else if (!upToDate) {
  writeFileSync(file, wanted);
  process.stdout.write(`wrote ${name}\n`);
}
