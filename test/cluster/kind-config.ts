import { stringify } from 'yaml';

/** Nodes for pods: three, so that the masters of three shards can each have a node of their own. */
const workers = 3;

/** Node ports that answer on the machine itself, for benches and browsers. */
export const hostPorts = Array.from({ length: 10 }, (_, index) => 30080 + index);

export interface ClusterShape {
  name: string;
  /** Our own node image brings no pod network and must run on old kernels' cgroups; kind's own does it all. */
  ownNodeImage: boolean;
}

/** The names that kind gives to the nodes of such a cluster. */
export function nodeNames(name: string): string[] {
  const numbers = Array.from({ length: workers }, (_, index) => (index === 0 ? '' : String(index + 1)));
  return [`${name}-control-plane`, ...numbers.map((number) => `${name}-worker${number}`)];
}

/** The configuration that `kind create cluster` reads. */
export function kindConfig(shape: ClusterShape): string {
  const controlPlane = {
    role: 'control-plane',
    extraPortMappings: hostPorts.map((port) => ({
      containerPort: port,
      hostPort: port,
      listenAddress: '127.0.0.1',
    })),
  };
  return stringify({
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    name: shape.name,
    ...(shape.ownNodeImage ? ownImageSettings() : {}),
    nodes: [controlPlane, ...Array.from({ length: workers }, () => ({ role: 'worker' }))],
  });
}

function ownImageSettings(): Record<string, unknown> {
  const kubelet = {
    kind: 'KubeletConfiguration',
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: '/',
    failSwapOn: false,
  };
  return {
    networking: { disableDefaultCNI: true, kubeProxyMode: 'iptables' },
    featureGates: { KubeletInUserNamespace: true },
    kubeadmConfigPatches: [stringify(kubelet)],
  };
}
