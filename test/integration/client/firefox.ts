import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { requireHostPackages } from '../../cluster/host-packages.ts';
import { createShell } from '../../cluster/shell.ts';

/** Installs it where that is ours to do; elsewhere says what to install. */
export function installFirefox(): Promise<void> {
  const shell = createShell('/dev/null', () => {}, new AbortController().signal);
  return requireHostPackages(shell, ['firefox-esr']);
}

/** Debian's Firefox on one page, without a window and without a driver: the page reports by itself. Gives the function that ends it. */
export function openInFirefox(url: string): () => Promise<void> {
  const profile = mkdtempSync(path.join(tmpdir(), 'firefox-profile-'));
  // A group of its own, so that the processes of its pages end with it.
  const browser = spawn('/usr/bin/firefox-esr', ['--headless', '--no-remote', '--profile', profile, url], {
    detached: true,
    env: { ...process.env, HOME: profile },
    stdio: 'ignore',
  });
  const exited = once(browser, 'exit');
  return async () => {
    process.kill(-(browser.pid ?? 0), 'SIGKILL');
    await exited;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
}
