import { ABSENT } from './spec-paths.ts';
import { name, oneOf, type Samples } from './values.ts';

/** `spec.redis.tls`, where the full object has certificates of cert-manager. */
export const REDIS_TLS_FIELDS: Record<string, Samples> = {
  'redis.tls': {
    good: [
      {},
      { source: 'SelfSigned' },
      { source: 'Secret', secretName: 'ours' },
      { source: 'CertManager', issuerRef: { name: 'ours' } },
    ],
    bad: [
      { source: 'Secret' },
      { source: 'CertManager' },
      { secretName: 'ours' },
      { issuerRef: { name: 'ours' } },
      { source: 'Secret', secretName: 'ours', issuerRef: { name: 'ours' } },
      { source: 'CertManager', secretName: 'ours', issuerRef: { name: 'ours' } },
    ],
  },
  'redis.tls.source': { good: ['CertManager'], bad: ['certManager', '', 'Vault', 'Secret', 'SelfSigned'] },
  'redis.tls.secretName': { good: [ABSENT], bad: ['ours', '', 'A'] },
  'redis.tls.issuerRef': { good: [{ name: 'ours' }], bad: [{}] },
  'redis.tls.issuerRef.name': name,
  'redis.tls.issuerRef.kind': oneOf('Issuer', 'ClusterIssuer'),
  'redis.tls.issuerRef.group': name,
};
