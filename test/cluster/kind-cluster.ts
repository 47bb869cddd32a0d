import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setUpClusterDns } from './cluster-dns.ts';
import { docker, dockerEnvironment, dockerSucceeds } from './docker.ts';
import { goProgramDirectory, kindProgram } from './go-programs.ts';
import { type ClusterShape, kindConfig, nodeNames } from './kind-config.ts';
import { kubectl, kubectlSucceeds } from './kubectl.ts';
import { setUpLocalVolumes } from './local-volumes.ts';
import { withLock } from './lock.ts';
import { kubeconfigFile, outDirectory } from './paths.ts';
import { setUpPodNetwork } from './pod-network.ts';
import type { RunOptions, Shell } from './shell.ts';

/** Written on the control plane when all is done, so that a half-made cluster can be told from a whole one. */
const completeFile = '/kind/presence-operator-complete';

/** All on two small cores, which may do other things as well. */
const STARTS_WITHIN = '600s';
const REVIVED_WITHIN_SECONDS = 180;
const ANSWERS_WITHIN_SECONDS = 60;

export interface ClusterPlan extends ClusterShape {
  image: string;
}

/** Makes the cluster, or keeps the one that is there when it works. Gives a note on what it did. */
export function ensureCluster(shell: Shell, plan: ClusterPlan): Promise<string> {
  return withLock(lockName(plan.name), () => keepOrMakeCluster(shell, plan));
}

async function keepOrMakeCluster(shell: Shell, plan: ClusterPlan): Promise<string> {
  const fault = await faultOfCluster(shell, plan);
  if (fault === '') {
    await writeKubeconfig(shell, plan.name);
    return 'running already';
  }
  if (fault !== 'there is none') {
    shell.say(`${fault}: deleting it and creating a new one`);
    await kindDelete(shell, plan.name);
  }
  await createCluster(shell, plan);
  return 'made';
}

export async function clusterNodes(shell: Shell, name: string): Promise<string[]> {
  const filter = ['--filter', `label=io.x-k8s.kind.cluster=${name}`];
  const listed = await docker(shell, ['ps', '--all', ...filter, '--format', '{{ .Names }}']);
  return listed === '' ? [] : listed.split('\n');
}

export function deleteCluster(shell: Shell, name: string): Promise<void> {
  return withLock(lockName(name), () => kindDelete(shell, name));
}

/** One at a time may make or remove a cluster, however many ask for it. */
function lockName(cluster: string): string {
  return `cluster-${cluster}`;
}

async function kindDelete(shell: Shell, name: string): Promise<void> {
  await kind(shell, ['delete', 'cluster', '--name', name, '--kubeconfig', kubeconfigFile]);
  rmSync(kubeconfigFile, { force: true });
}

/** kind leaves its network behind; other clusters may be on it, and then the engine refuses. */
export async function deleteClusterNetwork(shell: Shell): Promise<void> {
  await dockerSucceeds(shell, ['network', 'rm', 'kind']);
}

export async function kind(shell: Shell, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const program = path.join(await goProgramDirectory(kindProgram, shell), 'kind');
  return shell.output([program, ...args], { ...options, env: { ...dockerEnvironment(), ...options.env } });
}

/** Why the cluster cannot be used as it is, '' when it can. Nodes that are only stopped are started first. */
async function faultOfCluster(shell: Shell, plan: ClusterPlan): Promise<string> {
  const nodes = await clusterNodes(shell, plan.name);
  if (nodes.length === 0) return 'there is none';
  if (nodes.length !== nodeNames(plan.name).length) return `cluster ${plan.name} is half-made`;
  const revived = await reviveNodes(shell, nodes);
  const [controlPlane = ''] = nodeNames(plan.name);
  if (!(await dockerSucceeds(shell, ['exec', controlPlane, 'cat', completeFile]))) {
    return `cluster ${plan.name} is half-made`;
  }
  if (await addressChanged(shell, controlPlane))
    return `the control plane of cluster ${plan.name} has a new address`;
  await writeKubeconfig(shell, plan.name);
  if (!(await nodesBecomeReady(shell, revived ? REVIVED_WITHIN_SECONDS : ANSWERS_WITHIN_SECONDS)))
    return `cluster ${plan.name} does not answer`;
  const madeFrom = await docker(shell, ['exec', controlPlane, 'cat', completeFile]);
  if (madeFrom !== plan.image) {
    shell.say(`it was made from ${madeFrom}, now it would be ${plan.image}: kept; down and up renews it`);
  }
  return '';
}

/** When the engine or the machine has been restarted the nodes are there but stopped. */
async function reviveNodes(shell: Shell, nodes: readonly string[]): Promise<boolean> {
  let revived = false;
  for (const node of nodes) {
    const state = await docker(shell, ['inspect', '--format', '{{ .State.Status }}', node]);
    if (state === 'running') continue;
    shell.say(`${node} is ${state}: starting it`);
    await dockerSucceeds(shell, [state === 'paused' ? 'unpause' : 'start', node]);
    revived = true;
  }
  return revived;
}

/** A restarted engine hands out addresses in a new order, but etcd and the API server are bound to their old one. */
async function addressChanged(shell: Shell, controlPlane: string): Promise<boolean> {
  const format = '{{ range .NetworkSettings.Networks }}{{ .IPAddress }}{{ end }}';
  const address = await docker(shell, ['inspect', '--format', format, controlPlane]);
  const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
  const flag = `--advertise-address=${address}`;
  return !(await dockerSucceeds(shell, ['exec', controlPlane, 'grep', '--quiet', '--', flag, manifest]));
}

/** Ready alone is not enough: just after a restart it is what the API server last heard, so ask twice. */
async function nodesBecomeReady(shell: Shell, seconds: number): Promise<boolean> {
  const until = performance.now() + seconds * 1000;
  const wait = ['wait', 'node', '--all', '--for=condition=Ready', '--timeout=5s', '--request-timeout=20s'];
  while (performance.now() < until) {
    if (await kubectlSucceeds(shell, wait, { timeoutSeconds: 30 })) return true;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return false;
}

async function createCluster(shell: Shell, plan: ClusterPlan): Promise<void> {
  mkdirSync(outDirectory, { recursive: true });
  const create = [
    'create',
    'cluster',
    '--image',
    plan.image,
    '--config',
    '-',
    '--kubeconfig',
    kubeconfigFile,
  ];
  const wait = plan.ownNodeImage ? [] : ['--wait', STARTS_WITHIN];
  // --retain also for this: kind's own clean-up after a failure would delete a cluster that a later run has made.
  await kind(shell, [...create, '--retain', ...wait], { input: kindConfig(plan) });
  await writeKubeconfig(shell, plan.name);
  if (plan.ownNodeImage) {
    shell.say('laying the pod network');
    // First, while no pod can start yet: CoreDNS then reads the right file at once.
    await setUpClusterDns(shell);
    await setUpPodNetwork(shell);
    await setUpLocalVolumes(shell, nodeNames(plan.name).slice(1));
  }
  shell.say('waiting for the nodes and the cluster DNS');
  await kubectl(shell, ['wait', 'node', '--all', '--for=condition=Ready', `--timeout=${STARTS_WITHIN}`]);
  const dns = [
    '--namespace=kube-system',
    'rollout',
    'status',
    'deployment/coredns',
    `--timeout=${STARTS_WITHIN}`,
  ];
  await kubectl(shell, dns);
  const [controlPlane = ''] = nodeNames(plan.name);
  const script = 'cat >"$1"';
  await docker(shell, ['exec', '--interactive', controlPlane, 'sh', '-euc', script, 'sh', completeFile], {
    input: plan.image,
  });
}

async function writeKubeconfig(shell: Shell, name: string): Promise<void> {
  await kind(shell, ['export', 'kubeconfig', '--name', name, '--kubeconfig', kubeconfigFile]);
  chmodSync(kubeconfigFile, 0o600);
}
