import { docker } from './docker.ts';
import { kubectl } from './kubectl.ts';
import type { Shell } from './shell.ts';

const volumesPerNode = 4;
const directory = '/var/local/volumes';

/**
 * Makes volumes that outlive their pods, as directories of the nodes. kind's own provisioner needs an
 * image, and the built-in one makes directories that only root may write to.
 */
export async function setUpLocalVolumes(shell: Shell, nodes: readonly string[]): Promise<void> {
  const numbers = Array.from({ length: volumesPerNode }, (_, index) => index + 1);
  await Promise.all(
    nodes.map((node) => {
      const directories = numbers.map((number) => `${directory}/${number}`);
      return docker(shell, ['exec', node, 'mkdir', '-p', '--mode=0777', ...directories]);
    }),
  );
  const items = nodes.flatMap((node) => numbers.map((number) => localVolume(node, number)));
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await kubectl(shell, ['apply', '--filename=-'], { input: list });
}

function localVolume(node: string, number: number): Record<string, unknown> {
  const onNode = { key: 'kubernetes.io/hostname', operator: 'In', values: [node] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `${node}-${number}` },
    spec: {
      capacity: { storage: '4Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: 'standard',
      local: { path: `${directory}/${number}` },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onNode] }] } },
    },
  };
}
