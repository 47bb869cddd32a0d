import { spawn } from 'node:child_process';

/** The program of each system that opens an address in the browser of the user. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};
const OTHERWISE: readonly [string, ...string[]] = ['xdg-open'];

/** Opens an address in the browser. A machine without one is no error: the address was printed. */
export function openBrowser(url: string): void {
  const [program, ...args] = OPENERS[process.platform] ?? OTHERWISE;
  const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
}
