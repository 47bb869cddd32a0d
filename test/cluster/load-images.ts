import { loadDelta } from './delta-load.ts';
import { docker, fullName, imageId } from './docker.ts';
import { clusterNodes, kind } from './kind-cluster.ts';
import type { Shell } from './shell.ts';

/** Loads into the cluster's nodes the images of which they lack the present content. Gives a note. */
export async function loadImages(shell: Shell, cluster: string, images: readonly string[]): Promise<string> {
  const nodes = await clusterNodes(shell, cluster);
  if (nodes.length === 0) return 'no cluster to load them into';
  const lacking = await lackingImages(shell, nodes, images);
  if (lacking.length === 0) return 'the nodes have them all';
  shell.say(`loading ${lacking.join(', ')} into ${nodes.length} nodes`);
  const failed: string[] = [];
  for (const image of lacking) {
    await loadDelta(shell, nodes, image).catch(() => failed.push(image));
  }
  // kind's own way always works and sends everything: for engines that save images in another form.
  if (failed.length > 0) await kind(shell, ['load', 'docker-image', '--name', cluster, ...failed]);
  return `loaded ${lacking.length}${failed.length > 0 ? `, ${failed.length} of them in full` : ''}`;
}

async function lackingImages(
  shell: Shell,
  nodes: readonly string[],
  images: readonly string[],
): Promise<string[]> {
  const lists = await Promise.all(
    nodes.map((node) => docker(shell, ['exec', node, 'ctr', '--namespace=k8s.io', 'images', 'list'])),
  );
  const lacking: string[] = [];
  for (const image of images) {
    const [name, id] = [await fullName(shell, image), await imageId(shell, image)];
    if (!lists.every((list) => nodeHasImage(list, name, id))) lacking.push(image);
  }
  return lacking;
}

/**
 * Whether containerd's list says that the name means this content. The list knows each image by its name
 * and, once the kubelet's side has seen it, by its id: both then have the same digest.
 */
export function nodeHasImage(list: string, fullName: string, id: string): boolean {
  const digests = new Map(
    list.split('\n').map((line) => {
      const [reference = '', , target = ''] = line.split(/\s+/);
      return [reference, target] as const;
    }),
  );
  const target = digests.get(fullName);
  return target !== undefined && target === digests.get(id);
}
