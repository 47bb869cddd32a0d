import { existsSync } from 'node:fs';
import { runFetching } from './fetching.ts';
import { withLock } from './lock.ts';
import type { Shell } from './shell.ts';

/** The Debian packages we may ask for, and the file that tells that each is there. */
const packageFiles = {
  'docker.io': '/usr/sbin/dockerd',
  mmdebstrap: '/usr/bin/mmdebstrap',
  jq: '/usr/bin/jq',
  iptables: '/usr/sbin/iptables',
  iproute2: '/usr/sbin/ip',
  unzip: '/usr/bin/unzip',
  chromium: '/usr/bin/chromium',
  'firefox-esr': '/usr/bin/firefox-esr',
} as const;

/** Another program of this machine may be installing something. */
const LOCK_SECONDS = 300;

export type HostPackage = keyof typeof packageFiles;

/** Those that tests drive. */
export const BROWSERS: readonly HostPackage[] = ['chromium', 'firefox-esr'];

export function missingHostPackages(wanted: readonly HostPackage[]): HostPackage[] {
  return wanted.filter((name) => !existsSync(packageFiles[name]));
}

/** Installs what is missing where that is ours to do (root, apt); elsewhere says what to install. */
export async function requireHostPackages(shell: Shell, wanted: readonly HostPackage[]): Promise<void> {
  if (missingHostPackages(wanted).length === 0) return;
  await withLock('apt', async () => {
    const missing = missingHostPackages(wanted);
    if (missing.length === 0) return;
    if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
      throw new Error(`please install ${missing.join(', ')} (Debian package names) and run again`);
    }
    shell.say(`installing ${missing.join(' ')}`);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    // One unreachable third-party source must not stop us: the install says whether Debian's own answered.
    await shell.succeeds(['apt-get', 'update'], { env });
    const install = ['install', '--yes', '--no-install-recommends', ...missing];
    await runFetching(shell, ['apt-get', `--option=DPkg::Lock::Timeout=${LOCK_SECONDS}`, ...install], {
      env,
    });
  });
}
