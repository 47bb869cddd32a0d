import { KubeConfig, makeInformer } from '@kubernetes/client-node';
import { trimWorkload } from '../../../src/operator/cluster-state/trim-workload.ts';
import { createKubeClient } from '../../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../../src/platform/kube/kubeconfig.ts';
import { createReflector } from '../../../src/platform/kube/reflector.ts';
import { pathOf, type ResourceType } from '../../../src/platform/kube/resource.ts';
import { createStore } from '../../../src/platform/kube/store.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { silentLogger } from '../../../src/platform/telemetry/log.ts';
import { stockList } from './stock-lists.ts';

/**
 * Nothing but caches, filled by the stock informer or by ours, for a comparison of like with like. Says `synced`
 * when all are filled and stays. Arguments: stock or ours, the kubeconfig, the selections as JSON.
 */
export interface Selection {
  type: ResourceType;
  labelSelector?: string;
}

const [kind, kubeconfig = '', json = '[]'] = process.argv.slice(2);
const selections = JSON.parse(json) as Selection[];

async function startStock(): Promise<number> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const informers = selections.map(({ type, labelSelector }) =>
    makeInformer(config, pathOf(type), stockList(config, type, labelSelector), labelSelector),
  );
  await Promise.all(informers.map((informer) => informer.start()));
  return informers.reduce((sum, informer) => sum + informer.list().length, 0);
}

async function startOurs(): Promise<number> {
  const client = createKubeClient({ config: loadKubeConfig({ path: kubeconfig }), clock: systemClock });
  const stores = selections.map(({ type, labelSelector }) => {
    const store = createStore();
    const reflector = createReflector({
      client,
      type,
      labelSelector,
      store,
      project: trimWorkload,
      onChange: () => undefined,
      log: silentLogger(),
      clock: systemClock,
    });
    reflector.start();
    return { store, synced: reflector.synced() };
  });
  await Promise.all(stores.map(({ synced }) => synced));
  return stores.reduce((sum, { store }) => sum + store.size, 0);
}

const objects = await (kind === 'stock' ? startStock() : startOurs());
// What is left when all garbage is gone: two informers are alike in what they keep only by that.
globalThis.gc?.();
process.stdout.write(`synced ${objects} ${process.memoryUsage().heapUsed / 2 ** 20}\n`);
