import { createKubeClient } from '../../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../../src/platform/kube/kubeconfig.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { ours, stock } from '../presence/followers.ts';

/**
 * A process whose handler throws at the first watch event and is glad of the second. Ends with 0 when it saw
 * both. Arguments: stock or ours, a kubeconfig, a suite.
 */
const LIMIT_MS = 60_000;

const [kind, kubeconfig = '', suite = ''] = process.argv.slice(2);
const client = createKubeClient({ config: loadKubeConfig({ path: kubeconfig }), clock: systemClock });
const second = Promise.withResolvers<void>();
const onChange = (name: string): void => {
  if (name.endsWith('first')) throw new Error('a bug in a handler');
  process.stdout.write('saw second\n');
  second.resolve();
};

function put(name: string): Promise<unknown> {
  const metadata = { name: `${suite}-${name}`, namespace: 'default', labels: { suite } };
  return client.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata }, { fieldManager: 'test' });
}

const follower = (kind === 'stock' ? stock : ours)({ kubeconfig, suite, onChange });
await follower.start();
await put('first');
await systemClock.sleep(300);
await put('second');
await Promise.race([second.promise, systemClock.sleep(LIMIT_MS)]);
await follower.stop();
await client.close();
process.exit(follower.held().length === 2 ? 0 : 2);
