import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { ensureTools } from '../../cluster/tools.ts';
import { freePorts } from '../free-ports.ts';
import type { KubeApiServer } from '../kube-apiserver.ts';

/** The controllers of Kubernetes that touch our objects, or those that touch everything. */
const CONTROLLERS = [
  'deployment-controller',
  'replicaset-controller',
  'statefulset-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'persistentvolume-binder-controller',
  'persistentvolumeclaim-protection-controller',
  'pod-garbage-collector-controller',
  'node-lifecycle-controller',
  'taint-eviction-controller',
  'disruption-controller',
  'endpointslice-controller',
  'serviceaccount-controller',
];

export interface ControllerManager {
  stop(): Promise<void>;
}

/** The real kube-controller-manager, each controller under its own service account as in a cluster. */
export async function startControllerManager(server: KubeApiServer): Promise<ControllerManager> {
  const { kubeApiserver } = await ensureTools();
  const directory = path.dirname(server.kubeconfig);
  const [port = 0] = await freePorts('127.0.0.1', 1);
  const log = await open(path.join(directory, 'kube-controller-manager.log'), 'a');
  const child = spawn(
    path.join(path.dirname(kubeApiserver), 'kube-controller-manager'),
    [
      `--kubeconfig=${server.kubeconfig}`,
      `--controllers=${CONTROLLERS.join(',')}`,
      '--use-service-account-credentials=true',
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${directory}`,
    ],
    { stdio: ['ignore', log.fd, log.fd] },
  );
  await log.close();
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  return { stop: () => ended(child) };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}
