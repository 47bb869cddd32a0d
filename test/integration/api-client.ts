import { createKubeClient, type KubeClient } from '../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../src/platform/kube/kubeconfig.ts';
import { systemClock } from '../../src/platform/runtime/clock.ts';
import { type KubeApiServer, startKubeApiServer } from './kube-apiserver.ts';

/** A real API server, and a client of its administrator that knows the kinds of Kubernetes alone. */
export interface ApiAndClient {
  api: KubeApiServer;
  client: KubeClient;
  stop: () => Promise<void>;
}

/** Awaited at the top of a test file: the first start compiles the programs, which no limit of a hook foresees. */
export async function startApiAndClient(): Promise<ApiAndClient> {
  const api = await startKubeApiServer();
  const client = createKubeClient({ config: loadKubeConfig({ path: api.kubeconfig }), clock: systemClock });
  const stop = async (): Promise<void> => {
    await client.close();
    await api.stop();
  };
  return { api, client, stop };
}
