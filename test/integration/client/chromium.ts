import { type Browser, chromium } from 'playwright-core';
import { requireHostPackages } from '../../cluster/host-packages.ts';
import { createShell } from '../../cluster/shell.ts';

/** Debian's Chromium, without a window. Installs it where that is ours to do. */
export async function startChromium(): Promise<Browser> {
  const shell = createShell('/dev/null', () => {}, new AbortController().signal);
  await requireHostPackages(shell, ['chromium']);
  // Root cannot have the sandbox of Chromium; it opens pages of these tests only.
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
}
