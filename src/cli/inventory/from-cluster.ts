import { PRESENCE_CLUSTER, ROLLOUT_FREEZE, WEDDING } from '../../api/v1alpha1/kinds.ts';
import { createKubeClient, type KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import { loadKubeConfig, namespaceOf } from '../../platform/kube/kubeconfig.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { ClusterTarget } from '../context.ts';
import { CliFailure } from '../failure.ts';
import { collect } from './collect.ts';
import type { Inventory } from './inventory.ts';
import { validateObject } from './validate-object.ts';

/**
 * Lists the objects of a Kubernetes cluster. One that breaks the schema (written under an older one) is passed over
 * with a note, so that it cannot hide the others.
 *
 * @throws {CliFailure} when there are no credentials, or the API server does not answer or refuses
 */
export async function readCluster(clock: Clock, version: string, target: ClusterTarget): Promise<Inventory> {
  const config = credentials(target);
  const namespace = target.allNamespaces ? undefined : (target.namespace ?? namespaceOf(config));
  const client = createKubeClient({ config, clock, userAgent: `kubectl-presence/${version}` });
  try {
    return inventoryOf(await listAll(client, namespace));
  } catch (error) {
    if (error instanceof KubeError) throw new CliFailure(error.message + hint(error));
    throw error;
  } finally {
    await client.close();
  }
}

function credentials(target: ClusterTarget): ReturnType<typeof loadKubeConfig> {
  try {
    return loadKubeConfig({ path: target.kubeconfig, context: target.context });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CliFailure(message.startsWith('kubeconfig') ? message : `kubeconfig: ${message}`);
  }
}

async function listAll(client: KubeClient, namespace: string | undefined): Promise<KubeObject[]> {
  const kinds = [PRESENCE_CLUSTER, WEDDING, ROLLOUT_FREEZE];
  const options = namespace === undefined ? {} : { namespace };
  const objects: KubeObject[] = [];
  // One after the other, so that of several refusals it is always the same one that is told.
  for (const kind of kinds) objects.push(...(await client.list(kind, options)).items);
  return objects;
}

function inventoryOf(objects: readonly KubeObject[]): Inventory {
  const inventory: Inventory = {
    from: 'cluster',
    presenceClusters: [],
    weddings: [],
    rolloutFreezes: [],
    notes: [],
  };
  for (const object of objects) {
    const result = validateObject(object, { namespace: 'default', unknownFields: 'ignore' });
    if (!result.ours) continue;
    if (result.valid) collect(inventory, result.object);
    else inventory.notes.push(`${result.label} is passed over: ${result.problems.join('; ')}`);
  }
  return inventory;
}

/** A kind that the API server does not know answers 404 to a list. */
function hint(error: KubeError): string {
  return error.code === 404 ? ' (are the CustomResourceDefinitions of presence.wedsync.io installed?)' : '';
}
