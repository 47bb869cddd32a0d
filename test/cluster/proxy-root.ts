import { type ProgramSet, programRoot } from './debian-root.ts';
import type { Shell } from './shell.ts';

/** Debian's stable suite: its nginx knows `http2 on`, which the one of the suite of our nodes does not. */
const SUITE = 'trixie';
const PROGRAMS = { nginx: '/usr/sbin/nginx', haproxy: '/usr/sbin/haproxy', caddy: '/usr/bin/caddy' } as const;
export type ProxyName = keyof typeof PROGRAMS;

const names = Object.keys(PROGRAMS);
const proxies: ProgramSet = {
  entry: { name: `proxies-${SUITE}`, inputs: [...names, process.arch, '1'] },
  source: { suite: SUITE, packages: names, variant: 'extract' },
  programs: Object.values(PROGRAMS),
  user: { name: 'proxy', id: 13 },
};

/** The proxies that tests put in front of presence servers, unpacked and not installed. */
export function proxyRoot(shell: Shell): Promise<string> {
  return programRoot(shell, proxies);
}

/** Path of a proxy in that root. */
export function proxyProgram(name: ProxyName): string {
  return PROGRAMS[name];
}
