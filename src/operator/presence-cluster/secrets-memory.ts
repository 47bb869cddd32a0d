import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { ClusterSecrets } from './secrets.ts';

/** Secrets change by people only, and a pass may come five times a second while Redis is being formed. */
const FRESH_MS = 30_000;

/** What was read from the Secrets of each PresenceCluster, for a while. Trouble is never remembered. */
export class SecretsMemory {
  readonly #entries = new Map<string, { revision: string; secrets: ClusterSecrets; freshUntilMs: number }>();

  /**
   * @param key namespace/name of the PresenceCluster
   * @param nowMs monotonic
   */
  async get(
    key: string,
    { metadata }: PresenceCluster,
    nowMs: number,
    read: () => Promise<ClusterSecrets>,
  ): Promise<ClusterSecrets> {
    const revision = `${metadata.uid}/${metadata.generation}`;
    const entry = this.#entries.get(key);
    if (entry?.revision === revision && nowMs < entry.freshUntilMs) return entry.secrets;
    const secrets = await read();
    if (secrets.signingProblem === undefined) {
      this.#entries.set(key, { revision, secrets, freshUntilMs: nowMs + FRESH_MS });
    } else this.#entries.delete(key);
    return secrets;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }
}
