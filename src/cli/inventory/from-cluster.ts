import { KINDS } from '../../api/v1alpha1/kinds.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { collect } from '../../reports/collect.ts';
import { emptyInventory, type Inventory, type InventoryKind } from '../../reports/inventory.ts';
import { validateObject } from '../../reports/validate-object.ts';
import { withCluster } from '../context/cluster-client.ts';
import type { ClusterTarget } from '../context/context.ts';

/**
 * Lists the objects of a Kubernetes cluster. One that breaks the schema (written under an older one) is passed over
 * with a note, so that it cannot hide the others.
 *
 * @param wanted kinds to list; others need not be readable
 * @throws {CliFailure} when there are no credentials, or the API server does not answer or refuses
 */
export function readCluster(
  clock: Clock,
  version: string,
  target: ClusterTarget,
  wanted: readonly InventoryKind[],
): Promise<Inventory> {
  return withCluster(clock, version, target, async ({ client, namespace }) => {
    const notes: string[] = [];
    const scope = target.allNamespaces ? undefined : namespace;
    const inventory = inventoryOf(await listAll(client, scope, wanted, notes));
    inventory.notes.push(...notes);
    return inventory;
  });
}

/**
 * The objects of some kinds.
 *
 * @param notes gets a line for ChangeFreezes that cannot be listed
 * @throws KubeError
 */
export async function listAll(
  client: Pick<KubeClient, 'list'>,
  namespace: string | undefined,
  wanted: readonly InventoryKind[],
  notes: string[],
): Promise<KubeObject[]> {
  const options = namespace === undefined ? {} : { namespace };
  const objects: KubeObject[] = [];
  // One after the other, so that of several refusals always the same one is reported.
  for (const kind of KINDS.filter(({ kind }) => wanted.some((name) => name === kind))) {
    try {
      objects.push(...(await client.list(kind, options)).items);
    } catch (error) {
      if (!(error instanceof KubeError && mayBeMissing(kind.kind, error))) throw error;
      notes.push(`ChangeFreezes are left out: ${error.message}`);
    }
  }
  return objects;
}

/** A cluster of an earlier release has no ChangeFreezes, and a role for PresenceClusters need not allow to list them. */
function mayBeMissing(kind: string, { disposition }: KubeError): boolean {
  return kind === 'ChangeFreeze' && (disposition === 'gone' || disposition === 'forbidden');
}

function inventoryOf(objects: readonly KubeObject[]): Inventory {
  const inventory = emptyInventory('cluster');
  for (const object of objects) {
    const result = validateObject(object, { namespace: 'default', unknownFields: 'ignore' });
    if (!result.ours) continue;
    if (result.valid) collect(inventory, result.object);
    else inventory.notes.push(`${result.label} is passed over: ${result.problems.join('; ')}`);
  }
  return inventory;
}
