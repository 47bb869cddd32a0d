import type { Cluster, Redis } from 'ioredis';

/**
 * Connects to every node as soon as the cluster client knows it, replicas too. ioredis connects to a replica when it is
 * first sent a command: at a hand-over that is when it has become the primary, and every write to its slots waits for TCP,
 * log-in and the check whether it is ready. A node that is not there is left to the client, which takes it away.
 */
export function connectAhead(cluster: Cluster): void {
  cluster.on('+node', (node: Redis) => {
    // A node that was sent a command already is connecting.
    if (node.status === 'wait') node.connect().catch(() => {});
  });
}
