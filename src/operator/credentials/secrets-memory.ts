import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import type { ClusterSecrets } from './secrets.ts';

/** Secrets change by people only; a thousand PresenceClusters at rest must not keep the API server busy. */
const FRESH_MS = 10 * 60_000;
/** While nobody knows the passwords: somebody is putting the Secret back. */
const FRESH_WITHOUT_MS = 2_000;
/** While pods do not become ready somebody may be repairing a Secret, and a pass may come five times a second. */
const FRESH_IN_TROUBLE_MS = 30_000;

/** What was read from the Secrets of each PresenceCluster, for a while. Trouble is never remembered. */
export class SecretsMemory {
  readonly #entries = new Map<string, { revision: string; secrets: ClusterSecrets; readAtMs: number }>();

  /**
   * Within a rotation of passwords it reads as in trouble.
   * @param key namespace/name of the PresenceCluster
   * @param nowMs monotonic
   * @param trouble pods are there and not all are ready
   */
  async get(
    key: string,
    { metadata }: PresenceCluster,
    { nowMs, trouble }: { nowMs: number; trouble: boolean },
    read: () => Promise<ClusterSecrets>,
  ): Promise<ClusterSecrets> {
    const asked = metadata.annotations?.[ANNOTATION.rotateCredentials] ?? '';
    const revision = `${metadata.uid}/${metadata.generation}/${asked}`;
    const entry = this.#entries.get(key);
    const isFresh = entry !== undefined && nowMs - entry.readAtMs < freshFor(entry.secrets, trouble);
    if (isFresh && entry.revision === revision) return entry.secrets;
    const secrets = await read();
    if (secrets.signingProblem === undefined) {
      this.#entries.set(key, { revision, secrets, readAtMs: nowMs });
    } else this.#entries.delete(key);
    return secrets;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }
}

function freshFor({ redis, tls }: ClusterSecrets, trouble: boolean): number {
  if (redis.problem !== undefined) return FRESH_WITHOUT_MS;
  if (tls?.problem !== undefined) return tls.inUse === undefined ? FRESH_WITHOUT_MS : FRESH_IN_TROUBLE_MS;
  return trouble || redis.credentials?.rotation !== undefined ? FRESH_IN_TROUBLE_MS : FRESH_MS;
}
