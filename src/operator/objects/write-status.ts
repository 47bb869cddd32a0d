import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import { canonicalJson } from '../../domain/resources/canonical-json.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';

/** An object of one of our kinds, as far as writing its status needs it. */
interface WithStatus {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string };
  status?: unknown;
}

/** Whether the object shows another status. */
export function differs(object: WithStatus, status: object): boolean {
  return canonicalJson(status) !== canonicalJson(object.status ?? {});
}

/** Applies a status, unless the object shows just that. Tells whether it was written. */
export async function writeStatus(
  client: KubeClient,
  object: WithStatus,
  status: object,
  signal: AbortSignal,
): Promise<boolean> {
  if (!differs(object, status)) return false;
  const { apiVersion, kind } = object;
  const { name, namespace } = object.metadata;
  const applied: KubeObject = { apiVersion, kind, metadata: { name, namespace }, status };
  await client.applyStatus(applied, { fieldManager: FIELD_MANAGER.operator, signal });
  return true;
}
