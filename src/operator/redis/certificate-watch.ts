import type { CertificateServer } from '../../domain/resources/certificates.ts';
import { FILES_SETTLE_MS } from '../../domain/resources/credentials.ts';
import type { ObservedNode, ObservedTopology } from '../../domain/topology/observed.ts';
import type { RedisAdmin, RedisEndpoint } from '../../platform/redis/admin.ts';
import { servedCertificate } from '../../platform/tls/served-certificate.ts';
import type { TlsState } from '../credentials/tls-secrets.ts';
import { sha256Hex } from '../objects/content-hash.ts';
import { pairsOf } from './server-config.ts';

const HANDSHAKE_TIMEOUT_MS = 1_000;
/** A server that serves the right certificate is checked again after this time: it may have restarted with older files. */
const FRESH_MS = 60_000;

/** What the files of a pod should hold, and since when they surely do. */
export interface CertificateFiles {
  readonly fingerprint: string;
  /** Different for every content. */
  readonly revision: string;
  /** Every kubelet has brought them by now. */
  readonly haveArrived: boolean;
  /** The port for clients shows the certificate; otherwise only the bus does, where only the servers may connect. */
  readonly isShown: boolean;
}

interface Seen {
  serves: string;
  readonly atMs: number;
}

const FILES = ['tls-cert-file', 'tls-key-file', 'tls-ca-cert-file'] as const;

/**
 * CONFIG SET with the values that are set already makes a server read its files again (Redis 6 and later, Valkey).
 *
 * @returns whether it has files
 */
async function readFilesAgain(admin: RedisAdmin, server: RedisEndpoint): Promise<boolean> {
  const files = pairsOf(await admin.execute(server, ['CONFIG', 'GET', ...FILES]));
  // It was started before there were certificates.
  if (files[FILES[0]] === '') return false;
  await admin.execute(server, ['CONFIG', 'SET', ...FILES.flatMap((name) => [name, files[name] ?? ''])]);
  return true;
}

/** Checks the certificates that the servers of one Redis Cluster serve, and makes servers reload their files when needed. */
export class CertificateWatch {
  readonly #seen = new Map<string, Seen>();
  /** Revision of the files that a server has read, by address. */
  readonly #read = new Map<string, string>();
  readonly #handshakeMs: number;

  /** @param handshakeMs the longest time that is waited for one handshake; a server that takes longer serves nothing */
  constructor(handshakeMs = HANDSHAKE_TIMEOUT_MS) {
    this.#handshakeMs = handshakeMs;
  }

  /**
   * Every server that should serve another certificate reads its files and is checked again; so does, once per content,
   * every server whose files have arrived, because what it trusts cannot be seen.
   *
   * @returns every pod that may have a server, and why a server refuses
   */
  look(
    admin: RedisAdmin,
    { nodes }: ObservedTopology,
    files: CertificateFiles,
    nowMs: number,
  ): Promise<(CertificateServer & { readonly problem?: string; readonly reread: boolean })[]> {
    const mayRun = nodes.filter(({ address, terminating }) => address !== undefined && !terminating);
    return Promise.all(mayRun.map((node) => this.#lookAt(admin, node, files, nowMs)));
  }

  async #lookAt(admin: RedisAdmin, node: ObservedNode, files: CertificateFiles, nowMs: number) {
    const { pod, address } = node;
    if (!node.reachable || address === undefined) return { pod, hasRead: false, reread: false };
    const key = `${pod} ${address.host}:${address.port}`;
    if (!files.isShown) return this.#reload(admin, { pod, address, key }, files);
    const before = await this.#serves(key, address, files.fingerprint, nowMs);
    const hasRead = () => this.#read.get(key) === files.revision;
    const isCurrent = before === files.fingerprint;
    if (isCurrent && (hasRead() || !files.haveArrived)) {
      return { pod, serves: before, hasRead: hasRead(), reread: false };
    }
    try {
      await readFilesAgain(admin, address);
      if (files.haveArrived) this.#read.set(key, files.revision);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      return {
        pod,
        ...(before === undefined ? {} : { serves: before }),
        hasRead: false,
        problem,
        reread: false,
      };
    }
    this.#seen.delete(key);
    const after = await this.#serves(key, address, files.fingerprint, nowMs);
    const reread = !isCurrent && after === files.fingerprint;
    return { pod, ...(after === undefined ? {} : { serves: after }), hasRead: hasRead(), reread };
  }

  /** What a server serves that has read its files is what they say: it refuses what it cannot use. */
  async #reload(
    admin: RedisAdmin,
    { pod, address, key }: { pod: string; address: RedisEndpoint; key: string },
    { fingerprint, revision, haveArrived }: CertificateFiles,
  ) {
    if (this.#read.get(key) === revision) return { pod, serves: fingerprint, hasRead: true, reread: false };
    if (!haveArrived) return { pod, hasRead: false, reread: false };
    try {
      if (!(await readFilesAgain(admin, address))) return { pod, hasRead: false, reread: false };
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      return { pod, hasRead: false, problem, reread: false };
    }
    const reread = this.#read.has(key);
    this.#read.set(key, revision);
    return { pod, serves: fingerprint, hasRead: true, reread };
  }

  /** Fingerprint; undefined when no handshake succeeds. */
  async #serves(
    key: string,
    { host, port }: RedisEndpoint,
    wanted: string,
    nowMs: number,
  ): Promise<string | undefined> {
    const seen = this.#seen.get(key);
    if (seen?.serves === wanted && nowMs - seen.atMs < FRESH_MS) return seen.serves;
    try {
      const certificate = await servedCertificate({ host, port, timeoutMs: this.#handshakeMs });
      this.#seen.set(key, { serves: certificate.fingerprint256, atMs: nowMs });
      return certificate.fingerprint256;
    } catch {
      return undefined;
    }
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
