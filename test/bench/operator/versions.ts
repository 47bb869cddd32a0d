import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { repository } from '../../cluster/paths.ts';
import { ensureTools } from '../../cluster/tools.ts';

const run = promisify(execFile);
const PACKAGES = ['@kubernetes/client-node', 'undici'] as const;

/** What was measured, as it is installed. */
export async function installedVersions(bundleFile: string): Promise<Record<string, string | number>> {
  const packages = PACKAGES.map(async (name) => {
    const file = path.join(repository, 'node_modules', name, 'package.json');
    return [name, (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version] as const;
  });
  const tools = await ensureTools();
  const [apiServer, etcd, bundle] = await Promise.all([
    run(tools.kubeApiserver, ['--version']),
    run(tools.etcd, ['--version']),
    stat(bundleFile),
  ]);
  return {
    node: process.versions.node,
    kubernetes: apiServer.stdout.trim().replace('Kubernetes ', ''),
    etcd: /etcd Version: (\S+)/.exec(etcd.stdout)?.[1] ?? 'unknown',
    bundleBytes: bundle.size,
    ...Object.fromEntries(await Promise.all(packages)),
  };
}
