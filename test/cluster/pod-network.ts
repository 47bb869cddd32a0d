import { docker } from './docker.ts';
import { kubectl } from './kubectl.ts';
import type { Shell } from './shell.ts';

/** The range that kind gives to pods when nothing else is asked. */
const podRange = '10.244.0.0/16';

interface NodeRange {
  name: string;
  range: string;
}

/**
 * Gives each node its pod network: point-to-point links on the node, routes to the other nodes. The routes
 * are laid by a unit of the node image, so they come back by themselves when a node restarts.
 * Nothing here enforces a NetworkPolicy.
 */
export async function setUpPodNetwork(shell: Shell): Promise<void> {
  const nodes = await podRanges(shell);
  await Promise.all(nodes.map((node) => setUpNode(shell, node, nodes)));
}

/** The controller manager hands out the ranges a moment after the nodes have joined. */
async function podRanges(shell: Shell): Promise<NodeRange[]> {
  await kubectl(shell, ['wait', 'node', '--all', '--for=jsonpath={.spec.podCIDR}', '--timeout=600s']);
  const columns = '{range .items[*]}{.metadata.name} {.spec.podCIDR}{"\\n"}{end}';
  const listed = await kubectl(shell, ['get', 'nodes', '--output', `jsonpath=${columns}`]);
  return listed.split('\n').map((line) => {
    const [name = '', range = ''] = line.split(' ');
    return { name, range };
  });
}

async function setUpNode(shell: Shell, node: NodeRange, nodes: readonly NodeRange[]): Promise<void> {
  const peers = nodes.filter((peer) => peer.name !== node.name).map((peer) => `${peer.name} ${peer.range}\n`);
  await writeToNode(shell, node.name, '/etc/pod-network/range', `${podRange}\n`);
  await writeToNode(shell, node.name, '/etc/pod-network/peers', peers.join(''));
  await docker(shell, ['exec', node.name, 'systemctl', 'restart', 'pod-network']);
  // Last, because with this file the node becomes Ready and gets pods.
  await writeToNode(shell, node.name, '/etc/cni/net.d/10-pods.conflist', cniConfig(node.range));
}

/** Point-to-point rather than a bridge: pods of one node then reach each other's services without br_netfilter. */
function cniConfig(range: string): string {
  const ipam = {
    type: 'host-local',
    // Under /run, so that a killed node does not keep the addresses of pods that died with it.
    dataDir: '/run/pod-addresses',
    routes: [{ dst: '0.0.0.0/0' }],
    ranges: [[{ subnet: range }]],
  };
  return JSON.stringify({
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      { type: 'ptp', ipMasq: false, ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  });
}

async function writeToNode(shell: Shell, node: string, file: string, content: string): Promise<void> {
  const script = 'mkdir -p "$(dirname "$1")" && cat >"$1.new" && mv "$1.new" "$1"';
  await docker(shell, ['exec', '--interactive', node, 'sh', '-euc', script, 'sh', file], { input: content });
}
