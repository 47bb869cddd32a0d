import type { Pod } from '../../src/operator/pod.ts';
import { dockerRun } from './kubectl.ts';

/** Finds the server of one pod by the pod's uid in its control group, and signals it. */
const SIGNAL_SCRIPT = `
for pid in $(pgrep 'valkey-server|redis-server'); do
  if grep -q "$1" "/proc/$pid/cgroup"; then kill "-$2" "$pid"; exit 0; fi
done
exit 1`;

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
