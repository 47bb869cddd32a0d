import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { RedisTls } from '../../api/v1alpha1/redis-tls.ts';
import type { CertificateInUse, CertificateMaterial } from '../../domain/resources/certificates.ts';
import { childName } from '../../domain/resources/child-names.ts';
import { redisServerName, redisTlsSecret, securesBusAlone } from '../../domain/resources/redis-tls.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { Secret } from './acl-secret.ts';
import { askCertManager, obsoleteCertificate } from './cert-manager.ts';
import { ownMaterial } from './own-authority.ts';
import {
  findSecret,
  getOrCreateSecret,
  isFirstSight,
  type OwnSecretOptions,
  orWhenRefused,
  readSecret,
} from './own-secret.ts';
import type { SecretRefusedError } from './secret-refused.ts';
import { type CertificateProblem, type MaterialReading, readInUse, readMaterial } from './tls-material.ts';

/** The certificates of a PresenceCluster as they were read. */
export interface TlsState {
  /** What the pods mount; absent while there never was anything usable. */
  readonly inUse?: CertificateInUse;
  /** Of the Secret that they mount. */
  readonly resourceVersion?: string;
  /** What the source says now; absent with a problem. */
  readonly wanted?: CertificateMaterial;
  readonly problem?: CertificateProblem;
  /** A Certificate for cert-manager that is no longer needed: the material that replaces it can be used. */
  readonly obsolete?: KubeObject;
}

/** The bus is for the servers alone: they trust nothing but the authority of their own PresenceCluster. */
const BUS_ALONE: RedisTls = { source: 'SelfSigned' };

export interface EnsureCertificatesOptions extends OwnSecretOptions {
  readonly spec: PresenceClusterSpec;
  readonly serversRun: boolean;
  /** Some of them were started with certificates; left out: as `serversRun`. */
  readonly certificatesRun?: boolean;
  readonly now: Date;
}

/**
 * Reads where the certificates come from, and makes the Secret that the pods mount when there is none. That one is a checked
 * copy: a broken source never reaches a server, not even one that restarts.
 */
export async function ensureCertificates(options: EnsureCertificatesOptions): Promise<TlsState | undefined> {
  const tls = options.spec.redis.tls ?? (securesBusAlone(options.spec) ? BUS_ALONE : undefined);
  if (tls === undefined) return undefined;
  const state = await orWhenRefused<TlsState>(options, readCertificates(options, tls), (refusal) => ({
    problem: refusedCertificates(refusal),
  }));
  // Of another source there is nothing yet.
  if (isFirstSight(options.cluster)) return state;
  // Before that nothing is removed: a user who has named the wrong source can go back to the one before.
  const obsolete = state.wanted && (await obsoleteCertificate(options, tls));
  return obsolete === undefined ? state : { ...state, obsolete };
}

async function readCertificates(options: EnsureCertificatesOptions, tls: RedisTls): Promise<TlsState> {
  const { cluster, serversRun, certificatesRun = serversRun, now } = options;
  const name = childName.redisTls(cluster.metadata.name);
  const mounted = isFirstSight(cluster) && !certificatesRun ? undefined : await findSecret(options, name);
  const inUse = mounted === undefined ? undefined : readInUse(mounted);
  if (certificatesRun && inUse === undefined && (await authorityIsLost(options, tls))) {
    return { problem: missing(cluster) };
  }
  const { material, problem } = await readSource(options, tls, inUse);
  if (mounted !== undefined) return stateOf(mounted, material, problem);
  if (material === undefined) return { problem };
  const made = await getOrCreateSecret(options, name, () => redisTlsSecret(cluster, material, now));
  const found = readInUse(made);
  if (found?.fingerprint === material.fingerprint) return stateOf(made, material, problem);
  // It was there already, as after a restore, and what it holds may be as good.
  const reading = await readSource(options, tls, found);
  return stateOf(made, reading.material, reading.problem);
}

function stateOf(
  mounted: Secret,
  wanted: CertificateMaterial | undefined,
  problem: CertificateProblem | undefined,
): TlsState {
  const { resourceVersion } = mounted.metadata;
  // What cannot be read is as if it had expired long ago: it is replaced at once.
  const inUse = readInUse(mounted) ?? (wanted && { ...wanted, ...NOTHING });
  return {
    ...(inUse === undefined ? {} : { inUse }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(wanted === undefined ? {} : { wanted }),
    ...(problem === undefined ? {} : { problem }),
  };
}

const NOTHING = { fingerprint: '', validFrom: new Date(0), validUntil: new Date(0), changedAt: new Date(0) };

/** With the authority as well, servers run that would trust nothing that is made now. */
async function authorityIsLost(options: EnsureCertificatesOptions, tls: RedisTls): Promise<boolean> {
  if (tls.source !== 'SelfSigned') return false;
  return (await findSecret(options, childName.redisCa(options.cluster.metadata.name))) === undefined;
}

function missing({ metadata }: PresenceCluster): CertificateProblem {
  const names = `${childName.redisTls(metadata.name)} and ${childName.redisCa(metadata.name)}`;
  return {
    reason: 'SecretMissing',
    message: `Secrets ${names} are gone: put one back from a backup. Running servers go on; pods that start cannot. Without a backup, delete all Redis pods at once: new ones are made when none is left.`,
  };
}

const NO_POD_STARTS = 'No Redis pod starts until this is fixed.';

/** The Secret that the pods mount can be neither read nor made. */
function refusedCertificates({ action, message }: SecretRefusedError): CertificateProblem {
  const goOn = 'Running servers go on with the certificates that they have.';
  return { reason: 'SecretRefused', message: `${message} ${action === 'read' ? goOn : NO_POD_STARTS}` };
}

/** Where the certificates come from cannot be read or made. What is in use stays in use. */
function refusedSource(
  { message }: SecretRefusedError,
  inUse: CertificateInUse | undefined,
): CertificateProblem {
  return { reason: 'SecretRefused', message: inUse === undefined ? `${message} ${NO_POD_STARTS}` : message };
}

function readSource(
  options: EnsureCertificatesOptions,
  tls: RedisTls,
  inUse: CertificateInUse | undefined,
): Promise<MaterialReading> {
  return orWhenRefused<MaterialReading>(options, readFrom(options, tls, inUse), (refusal) => ({
    problem: refusedSource(refusal, inUse),
  }));
}

async function readFrom(
  options: EnsureCertificatesOptions,
  tls: RedisTls,
  inUse: CertificateInUse | undefined,
): Promise<MaterialReading> {
  switch (tls.source) {
    case 'SelfSigned':
      return { material: await ownMaterial(options, inUse) };
    case 'Secret':
      return readGiven(options, tls.secretName ?? '', 'SecretMissing');
    case 'CertManager': {
      const refusal = await askCertManager(options, tls.issuerRef);
      if (refusal !== undefined) return { problem: refusal };
      return readGiven(options, childName.redisCertificate(options.cluster.metadata.name), 'NotIssued');
    }
  }
}

async function readGiven(
  options: EnsureCertificatesOptions,
  name: string,
  whenMissing: 'SecretMissing' | 'NotIssued',
): Promise<MaterialReading> {
  const secret = await readSecret(options, name);
  if (secret !== undefined) return readMaterial(secret, redisServerName(options.cluster), options.now);
  const message =
    whenMissing === 'NotIssued'
      ? `cert-manager has not written Secret ${name} yet; see kubectl describe certificate ${name}.`
      : `Secret ${name}, named by spec.redis.tls.secretName, does not exist: make it with tls.crt, tls.key and ca.crt.`;
  return { problem: { reason: whenMissing, message } };
}
