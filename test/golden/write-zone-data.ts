/**
 * Brings the newest zone data into the checkout: `make zone-data`. It downloads the package tzdata from PyPI, which has
 * the compiled IANA table, and writes what we ship and what Python says about it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const inRoot = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));
const SHIPPED = inRoot('src/domain/calendar/zones/shipped-zones.json');

const folder = mkdtempSync(path.join(tmpdir(), 'presence-zones-'));
try {
  python('-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, 'tzdata');
  const wheel = readdirSync(folder).find((file) => file.endsWith('.whl')) ?? '';
  python('-m', 'zipfile', '-e', path.join(folder, wheel), folder);
  const version = wheel.split('-')[1] ?? 'unknown';
  const zones = path.join(folder, 'tzdata', 'zoneinfo');
  const args = ['zones', 'build', zones, '--source', `PyPI tzdata ${version}`];
  const built = execFileSync(process.execPath, [inRoot('src/cli/main.ts'), ...args], { encoding: 'utf8' });
  writeFileSync(SHIPPED, built);
  python(inRoot('test/golden/zone-offsets.py'));
  console.log(`zone data of tzdata ${version}: review the difference, and run make test-unit`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function python(...args: string[]): void {
  const env = { ...process.env, PYTHONPATH: folder, PYTHONTZPATH: '' };
  execFileSync('python3', args, { env, stdio: 'inherit' });
}
