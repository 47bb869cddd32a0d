import { homedir } from 'node:os';
import path from 'node:path';

/** The checkout that this file belongs to. */
export const repository = path.resolve(import.meta.dirname, '../..');

export const clusterDirectory = import.meta.dirname;

export const outDirectory = path.join(repository, 'out');

export const kubeconfigFile = path.join(outDirectory, 'kubeconfig');

/** Outside the checkout on purpose: a fresh clone on the same machine must not build Kubernetes again. */
export const cacheDirectory = path.join(
  process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'),
  'presence-operator',
);
