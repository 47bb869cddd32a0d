import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { KubeApiServer } from './kube-apiserver.ts';

/** Writes a kubeconfig of the administrator for another address of the same API server. */
export async function kubeConfigFor(api: KubeApiServer, server: string): Promise<string> {
  const certificateAuthority = Buffer.from(api.ca).toString('base64');
  const file = path.join(path.dirname(api.kubeconfig), `kubeconfig-${new URL(server).port}`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'admin',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': certificateAuthority } }],
    users: [
      { name: 'admin', user: { token: api.token } },
      { name: 'visitor', user: { token: api.visitorToken } },
    ],
    contexts: ['admin', 'visitor'].map((user) => ({ name: user, context: { cluster: 'test', user } })),
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}
