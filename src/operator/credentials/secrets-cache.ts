import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import { SecretRefusedError } from './secret-refused.ts';
import type { ClusterSecrets } from './secrets.ts';

/** Secrets change rarely; a thousand PresenceClusters at rest must not keep the API server busy. */
const FRESH_MS = 10 * 60_000;
/** While the passwords are unknown: a person is restoring the Secret. */
const FRESH_WITHOUT_MS = 2_000;
/**
 * While the API server does not let Secrets be made: each try is a look. `RefusedWrites` spaces the writes further, and a permission to
 * read that is missing is tried as seldom as Secrets are read in calm: reads have no other limit.
 */
const FRESH_WHEN_REFUSED_MS = 30_000;
/** While pods are not ready a person may be repairing a Secret, and reconciles may come five times per second. */
const FRESH_IN_TROUBLE_MS = 30_000;

/** Contents of the Secrets of one PresenceCluster, for a limited time. A missing signing key is never remembered. */
export class SecretsCache {
  #entry: { revision: string; secrets: ClusterSecrets; readAtMs: number } | undefined;

  /**
   * During a rotation of passwords the Secrets are read as often as in trouble.
   * @param nowMs monotonic milliseconds
   * @param trouble there are pods, and not all of them are ready
   */
  async get(
    { metadata }: PresenceCluster,
    { nowMs, trouble }: { nowMs: number; trouble: boolean },
    read: () => Promise<ClusterSecrets>,
  ): Promise<ClusterSecrets> {
    const asked = metadata.annotations?.[ANNOTATION.rotateCredentials] ?? '';
    const retry = metadata.annotations?.[ANNOTATION.retry] ?? '';
    const revision = `${metadata.uid}/${metadata.generation}/${asked}/${retry}`;
    const entry = this.#entry;
    const isFresh = entry !== undefined && nowMs - entry.readAtMs < freshFor(entry.secrets, trouble);
    if (isFresh && entry.revision === revision) return entry.secrets;
    const secrets = await read();
    const isKept = secrets.signingProblem === undefined || secrets.refused.length > 0;
    this.#entry = isKept ? { revision, secrets, readAtMs: nowMs } : undefined;
    return secrets;
  }

  /**
   * Forgets once a Secret was written, or the write failed: then another writer may have changed it.
   * @param writing whether something was written
   */
  async forgetAfterWrite(writing: Promise<boolean>): Promise<void> {
    let mayHaveChanged = true;
    try {
      mayHaveChanged = await writing;
    } finally {
      if (mayHaveChanged) this.forget();
    }
  }

  /** The next `get` reads the Secrets. */
  forget(): void {
    this.#entry = undefined;
  }
}

function freshFor({ redis, tls, refused }: ClusterSecrets, trouble: boolean): number {
  if (refused.length > 0) return freshWhenRefused(refused);
  if (redis.problem !== undefined) return FRESH_WITHOUT_MS;
  if (tls?.problem !== undefined) return tls.inUse === undefined ? FRESH_WITHOUT_MS : FRESH_IN_TROUBLE_MS;
  return trouble || redis.credentials?.rotation !== undefined ? FRESH_IN_TROUBLE_MS : FRESH_MS;
}

function freshWhenRefused(refused: readonly Error[]): number {
  const isLasting = refused.every((each) => ['forbidden', 'terminal'].includes(dispositionOf(each)));
  if (!isLasting) return FRESH_WITHOUT_MS;
  const mayRead = refused.every((each) => !(each instanceof SecretRefusedError && each.action === 'read'));
  return mayRead ? FRESH_WHEN_REFUSED_MS : FRESH_MS;
}
