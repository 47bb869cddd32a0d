import { rmSync } from 'node:fs';
import { clusterSteps, detectionSteps, type Machine, reloadSteps } from './cluster-steps.ts';
import { docker } from './docker.ts';
import { engineAnswers, stopOwnEngine } from './engine.ts';
import { clusterNodes, deleteCluster, deleteClusterNetwork } from './kind-cluster.ts';
import { cacheDirectory, kubeconfigFile } from './paths.ts';
import type { Shell } from './shell.ts';
import { runSteps, type StepReport } from './step-runner.ts';

export const clusterName = process.env.CLUSTER_NAME || 'presence';

/** A cluster that runs, with our images in it and its kubeconfig written. Seconds when it is there already. */
export async function ensureClusterUp(): Promise<{ kubeconfig: string; reports: StepReport[] }> {
  const machine = await detect();
  const reports = await runSteps(clusterSteps(clusterName, machine));
  return { kubeconfig: kubeconfigFile, reports };
}

/** Our images as the sources are now, also in the nodes when the cluster runs. */
export async function ensureImages(): Promise<StepReport[]> {
  const machine = await detect();
  return runSteps(reloadSteps(clusterName, machine));
}

/** Leaves nothing that runs: cluster, network, and the engine when we started it. The cache stays. */
export async function takeDown(): Promise<void> {
  await runSteps([
    { name: 'down', needs: [], doing: `removing cluster ${clusterName}`, run: removeCluster },
    {
      name: 'engine stop',
      needs: ['down'],
      doing: 'looking whether the Docker engine is ours',
      run: stopOwnEngine,
    },
  ]);
}

/** Removes the cluster, our images and the cache: the next run starts from nothing. */
export async function purge(): Promise<void> {
  await runSteps([
    { name: 'down', needs: [], doing: `removing cluster ${clusterName}`, run: removeCluster },
    { name: 'purge', needs: ['down'], doing: 'removing our images', run: removeImages },
    {
      name: 'engine stop',
      needs: ['purge'],
      doing: 'looking whether the Docker engine is ours',
      run: stopOwnEngine,
    },
  ]);
  rmSync(cacheDirectory, { recursive: true, force: true });
}

async function detect(): Promise<Machine> {
  const machine: Machine = { closed: false, nodeImageIsBuilt: false };
  await runSteps(detectionSteps(machine));
  return machine;
}

async function removeCluster(shell: Shell): Promise<string> {
  if (!(await engineAnswers(shell))) return 'no Docker engine answers: nothing runs';
  const nodes = await clusterNodes(shell, clusterName);
  if (nodes.length > 0) await deleteCluster(shell, clusterName);
  await deleteClusterNetwork(shell);
  return nodes.length > 0 ? `removed ${nodes.length} nodes` : 'there was none';
}

async function removeImages(shell: Shell): Promise<string> {
  if (!(await engineAnswers(shell))) return 'no Docker engine answers: left as they are';
  const format = ['--format', '{{ .Repository }}:{{ .Tag }}', '--filter', 'reference=presence-operator*'];
  const images = (await docker(shell, ['images', ...format])).split('\n').filter((name) => name !== '');
  if (images.length > 0) await docker(shell, ['image', 'rm', '--force', ...images]);
  return `removed ${images.length}`;
}
