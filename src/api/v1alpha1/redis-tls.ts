import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { objectName } from '../schema/fields.ts';

const issuerRef = z.object({
  name: objectName.describe('Name of the issuer.'),
  kind: z
    .enum(['Issuer', 'ClusterIssuer'])
    .default('Issuer')
    .describe('Issuer (of the same namespace) or ClusterIssuer.'),
  group: objectName
    .default('cert-manager.io')
    .describe('API group of the issuer; others than cert-manager have their own.'),
});

/** `spec.redis.tls`: encrypted connections to and between the Redis servers. */
export const redisTls = withRules(
  z.object({
    source: z
      .enum(['SelfSigned', 'Secret', 'CertManager'])
      .default('SelfSigned')
      .describe(
        'SelfSigned: of a certificate authority that the operator makes for this PresenceCluster. Secret: of the Secret secretName. CertManager: of the issuer issuerRef.',
      ),
    secretName: objectName
      .optional()
      .describe(
        'Secret with the keys tls.crt, tls.key and ca.crt, for source Secret. Read again at least every 10 minutes.',
      ),
    issuerRef: issuerRef.optional().describe('Issuer of cert-manager, for source CertManager.'),
  }),
  [
    {
      cel: "(self.source == 'Secret') == has(self.secretName)",
      message: 'secretName is required when source is Secret, and goes with no other',
      check: ({ source, secretName }) => (source === 'Secret') === (secretName !== undefined),
      path: 'secretName',
    },
    {
      cel: "(self.source == 'CertManager') == has(self.issuerRef)",
      message: 'issuerRef is required when source is CertManager, and goes with no other',
      check: ({ source, issuerRef: given }) => (source === 'CertManager') === (given !== undefined),
      path: 'issuerRef',
    },
  ],
);

export type RedisTls = z.output<typeof redisTls>;
