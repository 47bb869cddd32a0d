import type { Pod } from '../../src/operator/cluster-state/pod.ts';
import { dockerRun } from './kubectl.ts';

/** Finds the server of one pod by the pod's uid in its control group, and signals it. */
const SIGNAL_SCRIPT = `
for pid in $(pgrep 'valkey-server|redis-server'); do
  if grep -q "$1" "/proc/$pid/cgroup"; then kill "-$2" "$pid"; exit 0; fi
done
exit 1`;

const OPERATOR_SCRIPT = `
for pid in $(pgrep node); do
  if grep -q "$1" "/proc/$pid/cgroup"; then kill -KILL "$pid"; exit 0; fi
done
exit 1`;

/** All of a node's traffic with the outside goes through its one interface. */
const CHAINS = ['INPUT -i eth0', 'OUTPUT -o eth0', 'FORWARD -i eth0', 'FORWARD -o eth0'];

/** Sends a signal to the Redis process of a pod, from within its node: the kubelet learns of it as of any crash. */
export async function signalRedis(pod: Pod, signal: 'KILL' | 'STOP' | 'CONT'): Promise<void> {
  const node = pod.spec.nodeName ?? '';
  await dockerRun('exec', node, 'sh', '-c', SIGNAL_SCRIPT, 'sh', pod.metadata.uid, signal);
}

export async function pauseNode(node: string): Promise<void> {
  await dockerRun('pause', node);
}

/** Harmless on a node that runs. */
export async function unpauseNode(node: string): Promise<void> {
  const state = await dockerRun('inspect', '--format', '{{ .State.Status }}', node);
  if (state === 'paused') await dockerRun('unpause', node);
}

/** Cuts every packet between a node and the others, in both directions; its pods still reach each other. */
export async function cutOff(node: string): Promise<void> {
  await dockerRun(
    'exec',
    node,
    'sh',
    '-c',
    CHAINS.map((chain) => `iptables -I ${chain} -j DROP`).join(' && '),
  );
}

/** Harmless on a node that is not cut off. */
export async function joinAgain(node: string): Promise<void> {
  const commands = CHAINS.map((chain) => `while iptables -D ${chain} -j DROP 2>/dev/null; do :; done`);
  await dockerRun('exec', node, 'sh', '-c', commands.join('; '));
}

/** Ends a node as a power failure would; its disk stays. */
export async function powerOff(node: string): Promise<void> {
  await dockerRun('kill', node);
}

/** Harmless on a node that runs. */
export async function powerOn(node: string): Promise<void> {
  await dockerRun('start', node);
}

/** Ends the process of the operator in this pod, on its node. */
export async function killOperator(pod: Pod): Promise<void> {
  await dockerRun('exec', pod.spec.nodeName ?? '', 'sh', '-c', OPERATOR_SCRIPT, 'sh', pod.metadata.uid);
}

/** Gives an image that these nodes hold one more name, as a new release has, and returns it. */
export async function otherNameOf(image: string, nodes: ReadonlySet<string>): Promise<string> {
  const other = `${image}-again`;
  for (const node of nodes) {
    const names = [image, other].map((name) => `docker.io/library/${name}`);
    await dockerRun('exec', node, 'ctr', '--namespace', 'k8s.io', 'images', 'tag', '--force', ...names);
  }
  return other;
}
