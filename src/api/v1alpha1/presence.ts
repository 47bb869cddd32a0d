import * as z from 'zod';
import { MAX_CONNECTIONS_PER_PERSON, MAX_CONNECTIONS_PER_WEDDING } from '../protocol/limits.ts';
import { ADDRESS_SOURCES } from '../schema/address-sources.ts';
import { withRules } from '../schema/cel-rule.ts';
import { CIDR, MAX_CIDR_LENGTH } from '../schema/cidr.ts';
import { resources } from '../schema/container-resources.ts';
import { duration, image, objectName } from '../schema/fields.ts';
import { disruptionBudget } from '../workload/disruption-budget.ts';
import { GRACE_AFTER_DRAIN_SECONDS, presencePods } from '../workload/pods.ts';
import { service } from '../workload/service.ts';
import { durationMs } from './freeze-budget.ts';
import { MAX_REPLICAS } from './scaling.ts';
import { presenceUpdate } from './update.ts';

/** Shorter than a connection takes to be used, and longer than anything that is rotated. */
const MIN_TOKEN_LIFETIME_MS = 60_000;
const MAX_TOKEN_LIFETIME_MS = 8_760 * 3_600_000;
/** Longest `iss` and `aud` that is taken; identity providers use URLs or client ids. */
const MAX_CLAIM_LENGTH = 253;
/** Clients of one provider that may share a wedding: web, phones, the back office. */
const MAX_AUDIENCES = 16;
/** Printable ASCII without a comma, which separates them in the environment of a presence pod. */
const CLAIM = /^[!-+\--~]+$/;

const auth = withRules(
  z.object({
    secretName: objectName
      .optional()
      .describe('Secret whose key `secret` signs tokens with HS256; at least 32 bytes.'),
    jwksUrl: z
      .string()
      .max(2048)
      .regex(/^https?:\/\/[!-~]+$/)
      .optional()
      .describe('URL of a JSON Web Key Set that signs tokens. Has to be https.'),
    allowHttpJwksUrl: z
      .boolean()
      .optional()
      .describe(
        'Allows jwksUrl to be http. Anyone on the network path can then replace the keys, and so choose which tokens are accepted.',
      ),
    issuer: z
      .string()
      .min(1)
      .max(MAX_CLAIM_LENGTH)
      .regex(/^[!-~]+$/)
      .optional()
      .describe('Required claim `iss` of tokens. Left out: any.'),
    audiences: z
      .array(z.string().min(1).max(MAX_CLAIM_LENGTH).regex(CLAIM))
      .max(MAX_AUDIENCES)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('Values of the claim `aud`; a token needs one of them. Left out or empty: any.'),
    maxTokenLifetime: duration
      .optional()
      .describe(
        'Longest life of a token, from `iat` (or now) to `exp`, such as 24h. Left out: 24h. Longer tokens are refused.',
      ),
  }),
  [
    {
      cel: 'has(self.secretName) != has(self.jwksUrl)',
      message: 'auth needs exactly one of secretName and jwksUrl',
      check: (value) => (value.secretName !== undefined) !== (value.jwksUrl !== undefined),
    },
    {
      cel: "!has(self.jwksUrl) || self.jwksUrl.startsWith('https://') || (has(self.allowHttpJwksUrl) && self.allowHttpJwksUrl)",
      message: 'jwksUrl has to be https, unless allowHttpJwksUrl is true',
      check: (value) =>
        value.jwksUrl === undefined ||
        value.jwksUrl.startsWith('https://') ||
        value.allowHttpJwksUrl === true,
    },
    {
      cel: "!has(self.maxTokenLifetime) || (duration(self.maxTokenLifetime) >= duration('1m') && duration(self.maxTokenLifetime) <= duration('8760h'))",
      message: 'maxTokenLifetime is 1m to 8760h',
      check: (value) =>
        value.maxTokenLifetime === undefined ||
        (durationMs(value.maxTokenLifetime) >= MIN_TOKEN_LIFETIME_MS &&
          durationMs(value.maxTokenLifetime) <= MAX_TOKEN_LIFETIME_MS),
    },
  ],
);

/**
 * An origin as browsers send it (https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin). A text of another form
 * would match no browser, and so refuse every one.
 */
const origin = withRules(
  z
    .string()
    .min(1)
    .max(253)
    .regex(/^[a-z][a-z0-9+.-]*:\/\/([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?$/),
  [
    {
      cel: "!(self.startsWith('https://') && self.endsWith(':443')) && !(self.startsWith('http://') && self.endsWith(':80'))",
      message: 'browsers leave the usual port out (443 of https, 80 of http)',
      check: (text) =>
        !(text.startsWith('https://') && text.endsWith(':443')) &&
        !(text.startsWith('http://') && text.endsWith(':80')),
    },
  ],
);

/** Proxies in a row in front of the pods, each with its ranges. */
const MAX_TRUSTED_PROXIES = 64;

const clientAddress = withRules(
  z.object({
    source: z
      .enum(ADDRESS_SOURCES)
      .describe(
        'Connection: of the connection itself, without a proxy. XForwardedFor and Forwarded: the header of that name. ProxyProtocol: the PROXY header, version 1 or 2, that connections of trusted proxies begin with.',
      ),
    trustedProxies: z
      .array(z.string().max(MAX_CIDR_LENGTH).regex(CIDR))
      .min(1)
      .max(MAX_TRUSTED_PROXIES)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe(
        'Ranges of addresses of the proxies, such as 10.0.0.0/8. What others say about addresses is ignored.',
      ),
    maxConnections: z
      .int32()
      .min(1)
      .max(2000)
      .optional()
      .describe(
        'WebSocket connections of one address (of IPv6, a /64) that a pod accepts. People in one Wi-Fi share an address. Left out: any number.',
      ),
  }),
  [
    {
      cel: "(self.source == 'Connection') != has(self.trustedProxies)",
      message: 'trustedProxies is needed, and not with source Connection, which is without proxies',
      check: ({ source, trustedProxies }) => (source === 'Connection') !== (trustedProxies !== undefined),
    },
  ],
);

/** `spec.presence`: the presence (WebSocket) pods. */
export const presence = withRules(
  z.object({
    image: image.optional().describe('Container image. Left out: the image of the operator.'),
    replicas: z
      .int32()
      .min(0)
      .max(MAX_REPLICAS)
      .optional()
      .describe(
        'Presence pods while spec.scaling.mode is Off; the scale subresource writes it. Ignored in every other mode.',
      ),
    maxConnectionsPerPod: z
      .int32()
      .min(1)
      .max(2000)
      .default(2000)
      .describe(
        'WebSocket connections a pod accepts, 1 to 2,000; further ones are refused with a retry hint.',
      ),
    maxConnectionsPerPerson: z
      .int32()
      .min(1)
      .max(MAX_CONNECTIONS_PER_WEDDING)
      .default(MAX_CONNECTIONS_PER_PERSON)
      .describe(
        'Connections that one person (sub of the token) may have to a pod, and in a wedding, 1 to 200; further ones are refused.',
      ),
    cacheTtlSeconds: z
      .int32()
      .min(60)
      .max(86400)
      .default(300)
      .describe('Seconds for which a pod keeps the state of a wedding without connections, 60 or more.'),
    drainSeconds: z
      .int32()
      .min(1)
      .max(600)
      .default(20)
      .describe('Seconds over which a pod that ends asks its clients to reconnect.'),
    allowedOrigins: z
      .array(origin)
      .max(64)
      .default([])
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe(
        'Values of the Origin header that browsers may come from, such as https://crew.example: lower case, without a path, a wildcard or the usual port. Empty: any.',
      ),
    clientAddress: clientAddress
      .optional()
      .describe(
        'Where the address of a client is, for limits and logs. Left out: addresses are not used, since they may be those of a proxy.',
      ),
    auth: auth
      .optional()
      .describe('How tokens are checked. Left out: the operator makes a Secret NAME-presence-auth.'),
    service: service.prefault({}).describe('Service in front of the presence pods.'),
    resources: resources.optional().describe('CPU, memory and disk of each presence container.'),
    pods: presencePods.optional().describe('Where and how the presence pods run.'),
    disruptionBudget: disruptionBudget('a drain of several nodes may take every pod at once.').describe(
      'Pods that may be evicted at once: one, and none in a freeze.',
    ),
    update: presenceUpdate.prefault({}).describe('How a new revision of the presence pods goes out.'),
  }),
  [
    {
      cel: `!has(self.pods) || !has(self.pods.terminationGracePeriodSeconds) || self.pods.terminationGracePeriodSeconds >= self.drainSeconds + ${GRACE_AFTER_DRAIN_SECONDS} + (has(self.pods.lifecycle) && has(self.pods.lifecycle.preStop) ? self.pods.lifecycle.preStop.sleep.seconds : 0)`,
      message: `pods.terminationGracePeriodSeconds must be at least drainSeconds + ${GRACE_AFTER_DRAIN_SECONDS} and the wait of pods.lifecycle.preStop`,
      check: ({ pods, drainSeconds }) =>
        pods?.terminationGracePeriodSeconds === undefined ||
        pods.terminationGracePeriodSeconds >=
          drainSeconds + GRACE_AFTER_DRAIN_SECONDS + (pods.lifecycle?.preStop?.sleep.seconds ?? 0),
      path: 'pods',
    },
  ],
);
