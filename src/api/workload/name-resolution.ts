import * as z from 'zod';
import { type Rule, withRules } from '../schema/cel-rule.ts';

/** Source: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config */
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_OPTIONS = 16;
const MAX_NAME_LENGTH = 253;
const MAX_ALIASES = 32;
const MAX_HOSTNAMES = 16;
const MAX_ADDRESS_LENGTH = 45;

/** The API server checks the rest when the workload is applied. */
const ADDRESS = /^[0-9a-fA-F:.]{2,}$/;
const HOSTNAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const atomic = <S extends z.ZodType>(item: S, max: number) =>
  z.array(item).max(max).meta({ 'x-kubernetes-list-type': 'atomic' });

const address = z.string().max(MAX_ADDRESS_LENGTH).regex(ADDRESS);

const dnsConfig = z.object({
  nameservers: atomic(address, MAX_NAMESERVERS).optional().describe('Addresses of DNS servers.'),
  searches: atomic(z.string().min(1).max(MAX_NAME_LENGTH), MAX_SEARCHES)
    .optional()
    .describe('Domains in which short names are looked up.'),
  options: atomic(
    z.object({
      name: z.string().min(1).max(63).describe('Name of the option, for example ndots.'),
      value: z.string().max(63).optional().describe('Its value.'),
    }),
    MAX_OPTIONS,
  )
    .optional()
    .describe('Options of the resolver; they win over those of the policy.'),
});

/** Servers find Redis by a name of the cluster, which an alias would point elsewhere. */
const hostname = withRules(z.string().min(1).max(MAX_NAME_LENGTH).regex(HOSTNAME), [
  {
    cel: "!self.endsWith('.svc') && !self.contains('.svc.')",
    message: 'names of Services have the address that the cluster gives them',
    check: (text) => !text.endsWith('.svc') && !text.includes('.svc.'),
  },
]);

const hostAlias = z.object({
  ip: address.min(1).describe('Address.'),
  hostnames: atomic(hostname, MAX_HOSTNAMES).min(1).describe('Names that have this address.'),
});

/** How pods find others by name. */
export const nameResolution = {
  dnsPolicy: z
    .enum(['ClusterFirst', 'None'])
    .optional()
    .describe(
      'ClusterFirst: the DNS of the cluster. None: dnsConfig alone, whose servers must know the names of Services. Left out: ClusterFirst.',
    ),
  dnsConfig: dnsConfig.optional().describe('DNS servers, domains and options beside those of dnsPolicy.'),
  hostAliases: z
    .array(hostAlias)
    .max(MAX_ALIASES)
    .refine((list) => new Set(list.map(({ ip }) => ip)).size === list.length, 'ip must differ')
    .optional()
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['ip'] })
    .describe('Names in /etc/hosts of the pods.'),
};

interface Resolved {
  dnsPolicy?: 'ClusterFirst' | 'None' | undefined;
  dnsConfig?: { nameservers?: string[] | undefined } | undefined;
}

export const NAMESERVER_RULE: Rule<Resolved> = {
  cel: "!has(self.dnsPolicy) || self.dnsPolicy != 'None' || (has(self.dnsConfig) && has(self.dnsConfig.nameservers) && size(self.dnsConfig.nameservers) > 0)",
  message: 'dnsPolicy None needs dnsConfig.nameservers',
  check: ({ dnsPolicy, dnsConfig: config }) => dnsPolicy !== 'None' || (config?.nameservers ?? []).length > 0,
  path: 'dnsConfig',
};
