import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { repository } from '../../cluster/paths.ts';

const run = promisify(execFile);
const PACKAGES = ['socket.io', '@socket.io/redis-adapter', 'ws', 'ioredis'] as const;

/** What was compared, as it is installed. */
export async function installedVersions(valkeyServer: readonly string[]): Promise<Record<string, string>> {
  const packages = PACKAGES.map(async (name) => {
    const file = path.join(repository, 'node_modules', name, 'package.json');
    return [name, (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version] as const;
  });
  const [command = '', ...args] = valkeyServer;
  const [valkey, go] = await Promise.all([run(command, [...args, '--version']), run('go', ['version'])]);
  return {
    node: process.versions.node,
    valkey: /v=([0-9.]+)/.exec(valkey.stdout)?.[1] ?? valkey.stdout.trim(),
    go: /go([0-9.]+)/.exec(go.stdout)?.[1] ?? go.stdout.trim(),
    ...Object.fromEntries(await Promise.all(packages)),
  };
}
