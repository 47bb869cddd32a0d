import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import { childName } from '../../domain/resources/child-names.ts';
import { type Manifest, standardLabels } from '../../domain/resources/manifest.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import { builtin } from '../../platform/kube/resource.ts';
import type { Secret } from './acl-secret.ts';
import { isRefusal, namingRefusal, SecretRefusedError } from './secret-refused.ts';

/** One of the Secrets that the operator makes once for a PresenceCluster, and then reads. */
export interface OwnSecretOptions {
  readonly client: KubeClient;
  readonly cluster: PresenceCluster;
  readonly signal: AbortSignal;
  /** Hears of each refusal after which there is something to go on with. */
  readonly onRefused?: (refusal: Error) => void;
}

/** What `result` gives, or else what is made of its refusal, which is passed on. */
export async function orWhenRefused<T>(
  { onRefused }: Pick<OwnSecretOptions, 'onRefused'>,
  result: Promise<T>,
  otherwise: (refusal: SecretRefusedError) => T,
): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (!(error instanceof SecretRefusedError)) throw error;
    onRefused?.(error);
    return otherwise(error);
  }
}

/** Nothing was ever said of the PresenceCluster: its Secrets are made without a look at what there is. A create overwrites nothing. */
export function isFirstSight({ status }: PresenceCluster): boolean {
  return status === undefined;
}

/**
 * The existing Secret, or else the one that `make` returns; never overwrites.
 *
 * @throws SecretRefusedError
 */
export async function getOrCreateSecret(
  options: OwnSecretOptions,
  name: string,
  make: () => Manifest | Promise<Manifest>,
): Promise<Secret> {
  const { client, cluster, signal } = options;
  const found = isFirstSight(cluster) ? undefined : await findSecret(options, name);
  if (found) return found;
  try {
    return await client.create<Secret>((await make()) as unknown as Secret, {
      fieldManager: FIELD_MANAGER.operator,
      signal,
    });
  } catch (error) {
    // Another process was faster: the servers will use its Secret. A quota or a policy refuses before the API server looks for one.
    if (!(error instanceof KubeError)) throw error;
    const mayBeThere = error.code === 409 || (isRefusal(error) && isFirstSight(cluster));
    const theirs = mayBeThere ? await findSecret(options, name) : undefined;
    if (theirs !== undefined) return theirs;
    throw isRefusal(error) ? new SecretRefusedError(name, 'made', error) : error;
  }
}

/**
 * The Secret, if there is one. Labels of ours that were taken off it are put back.
 *
 * @throws Error when the Secret is of a PresenceCluster of the same name that is gone: the garbage collector is about
 * to delete it, and servers that had started with it would keep passwords that no client has.
 * @throws SecretRefusedError
 */
export async function findSecret(options: OwnSecretOptions, name: string): Promise<Secret | undefined> {
  const { cluster } = options;
  const secret = await readSecret(options, name);
  const owner = secret?.metadata.ownerReferences?.find(({ kind }) => kind === cluster.kind);
  if (secret === undefined || owner === undefined) return secret;
  if (owner.uid === cluster.metadata.uid) return await withLabels(options, secret);
  throw new Error(`Secret ${name} belongs to a PresenceCluster that is gone; waiting for its deletion`);
}

/**
 * Any Secret of the namespace.
 *
 * @throws SecretRefusedError
 */
export function readSecret(
  { client, cluster, signal }: OwnSecretOptions,
  name: string,
): Promise<Secret | undefined> {
  const { namespace } = cluster.metadata;
  return namingRefusal(name, 'read', client.get<Secret>(builtin.Secret, namespace, name, { signal }));
}

/** Without its labels a Secret is protected by no policy. Where they cannot be written now, they are at the next look. */
async function withLabels(
  { client, cluster, signal, onRefused }: OwnSecretOptions,
  secret: Secret,
): Promise<Secret> {
  const { namespace } = cluster.metadata;
  const { name } = secret.metadata;
  const component = name === childName.presenceAuth(cluster.metadata.name) ? 'presence' : 'redis';
  const labels = standardLabels(cluster.metadata.name, component);
  const found = secret.metadata.labels ?? {};
  if (Object.entries(labels).every(([key, value]) => found[key] === value)) return secret;
  try {
    const patch = { metadata: { labels } };
    return await client.patch<Secret>(builtin.Secret, namespace, name, patch, {
      fieldManager: FIELD_MANAGER.operator,
      signal,
    });
  } catch (error) {
    if (isRefusal(error)) onRefused?.(new SecretRefusedError(name, 'changed', error));
    else if (!(error instanceof KubeError && ['conflict', 'gone'].includes(error.disposition))) throw error;
    return secret;
  }
}

/**
 * Writes the whole content of a Secret.
 * @throws KubeError 409 when the Secret has changed since `resourceVersion`: the next reconcile decides again.
 * @throws SecretRefusedError
 */
export async function writeSecret(
  { client, signal }: Pick<OwnSecretOptions, 'client' | 'signal'>,
  manifest: Manifest,
  resourceVersion: string | undefined,
): Promise<void> {
  const { name, namespace } = manifest.metadata;
  const data = Object.entries(manifest.stringData as Record<string, string>).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ]);
  const patch = {
    metadata: { resourceVersion },
    data: Object.fromEntries(data) as Record<string, string>,
  };
  const by = { fieldManager: FIELD_MANAGER.operator, signal };
  await namingRefusal(name, 'changed', client.patch(builtin.Secret, namespace, name, patch, by));
}
