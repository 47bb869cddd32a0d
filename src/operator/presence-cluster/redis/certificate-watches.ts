import { FILES_SETTLE_MS } from '../../../domain/resources/credentials.ts';
import type { RedisAdmin } from '../../../platform/redis/admin.ts';
import type { Observed } from '../../cluster-state/observed.ts';
import type { TlsState } from '../../credentials/tls-secrets.ts';
import { sha256Hex } from '../../objects/content-hash.ts';
import { type CertificateFiles, CertificateWatch } from '../../redis/certificate-watch.ts';

/** One look at the certificates of every PresenceCluster with TLS, kept from pass to pass. */
export class CertificateWatches {
  readonly #watches = new Map<string, CertificateWatch>();

  /** @param key namespace/name of the PresenceCluster */
  async look(
    key: string,
    admin: RedisAdmin,
    { topology, now }: Pick<Observed, 'topology' | 'now'>,
    { state, isShown }: { state: TlsState | undefined; isShown: boolean },
    nowMs: number,
  ): Promise<Awaited<ReturnType<CertificateWatch['look']>>> {
    const files = certificateFiles(state, now, isShown);
    if (files === undefined) return [];
    const watch = this.#watches.get(key) ?? new CertificateWatch();
    this.#watches.set(key, watch);
    return watch.look(admin, topology, files, nowMs);
  }

  forget(key: string): void {
    this.#watches.delete(key);
  }
}

/** What the Secret that the pods mount says of their files; undefined while there is nothing usable. */
export function certificateFiles(
  tls: TlsState | undefined,
  now: Date,
  isShown = true,
): CertificateFiles | undefined {
  const inUse = tls?.inUse;
  return (
    inUse && {
      fingerprint: inUse.fingerprint,
      revision: sha256Hex([inUse.certificate, ...inUse.authorities].join('')),
      isShown,
      haveArrived: now.getTime() - inUse.changedAt.getTime() >= FILES_SETTLE_MS,
    }
  );
}
