import { isCached } from './cache.ts';
import { type ProgramSet, programRoot } from './debian-root.ts';
import type { Shell } from './shell.ts';
import { versions } from './versions.ts';

/** The user id of the official images, which the operator's manifests rely on. */
const serverUser = { name: 'redis', id: 999 };

const valkey = serverSet('valkey', versions.valkeySuite, ['valkey-server', 'valkey-tools']);
const redis = serverSet('redis', versions.nodeSuite, ['redis-server', 'redis-tools']);

export function valkeyRoot(shell: Shell): Promise<string> {
  return programRoot(shell, valkey);
}

export function redisRoot(shell: Shell): Promise<string> {
  return programRoot(shell, redis);
}

export function serverRootsAreCached(): boolean {
  return isCached(valkey.entry) && isCached(redis.entry);
}

function serverSet(name: string, suite: string, packages: readonly string[]): ProgramSet {
  return {
    entry: { name: `${name}-${suite}`, inputs: [...packages, process.arch, '1'] },
    source: { suite, packages, variant: 'extract' },
    programs: [`/usr/bin/${name}-server`, `/usr/bin/${name}-cli`],
    user: serverUser,
  };
}
