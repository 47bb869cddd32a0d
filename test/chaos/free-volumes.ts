import { dockerRun, kubectl } from './kubectl.ts';

interface Volume {
  metadata: { name: string };
  spec: {
    claimRef?: { namespace: string };
    local?: { path: string };
    nodeAffinity?: { required: { nodeSelectorTerms: { matchExpressions: { values: string[] }[] }[] } };
  };
}

/** The cluster's volumes are directories that nobody empties: gives those that a namespace has used to the next one. */
export async function freeVolumes(namespace: string): Promise<void> {
  const { items } = JSON.parse(await kubectl('get', 'pv', '-o', 'json')) as { items: Volume[] };
  for (const { metadata, spec } of items.filter(
    ({ spec: { claimRef } }) => claimRef?.namespace === namespace,
  )) {
    const node = spec.nodeAffinity?.required.nodeSelectorTerms[0]?.matchExpressions[0]?.values[0] ?? '';
    const directory = spec.local?.path ?? '';
    if (directory === '') throw new Error(`volume ${metadata.name} has no directory`);
    await dockerRun('exec', node, 'find', directory, '-mindepth', '1', '-delete');
    await kubectl(
      'patch',
      'pv',
      metadata.name,
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/spec/claimRef"}]',
    );
  }
}
