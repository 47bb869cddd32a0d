import * as z from 'zod';

/** Flags of the operator, all from the environment that the chart sets. */
const environment = z.object({
  OPERATOR_NAMESPACE: z.string().min(1).default('presence-system'),
  POD_NAME: z.string().min(1).default('presence-operator'),
  WATCH_NAMESPACES: z.string().default(''),
  PRIVATE_NETWORK_NAMESPACES: z.string().default(''),
  LEASE_NAME: z.string().min(1).default('presence-operator'),
  LEADER_ELECTION: z.enum(['true', 'false']).default('true'),
  PRESENCE_IMAGE: z.string().min(1),
  VALKEY_IMAGE: z.string().min(1).default('valkey/valkey:9.1'),
  REDIS_IMAGE: z.string().min(1).default('redis:7.2'),
  OPERATOR_POD_LABELS: z
    .string()
    .regex(/^([^=,]+=[^=,]*(,[^=,]+=[^=,]*)*)?$/, 'must be label=value,label=value')
    .default(''),
  IMAGE_PULL_SECRETS: z.string().default(''),
  POD_PRIORITY_CLASS: z.string().default(''),
  POLICIES_CONFIG_MAP: z.string().default(''),
  FREEZE_CLOCK_LEASE: z
    .string()
    .regex(/^([^/]+\/[^/]+)?$/, 'must be NAMESPACE/NAME')
    .default(''),
  CHANGE_FREEZE_RESOURCES: z.string().default(''),
  ZONE_DATA_FILE: z.string().default(''),
  METRICS_PORT: z
    .string()
    .regex(/^[0-9]+$/)
    .default('9090')
    .transform(Number)
    .pipe(z.int().max(65535)),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

export interface OperatorConfig {
  namespace: string;
  podName: string;
  /** Labels by which NetworkPolicies know the pods of the operator; empty when it is no pod. */
  podLabels: Record<string, string>;
  /** Empty: all namespaces. */
  watchNamespaces: string[];
  /** Namespaces whose WeddingCalendars may open private networks. */
  privateNetworkNamespaces: string[];
  leaseName: string;
  leaderElection: boolean;
  images: { presence: string; valkey: string; redis: string };
  imagePullSecrets: string[];
  /** Priority class of pods whose spec names none; absent: that of the Kubernetes cluster. */
  podPriorityClass?: string;
  /** ConfigMap of `namespace` with the admission policies as they should be; absent: the operator does not restore them. */
  policiesConfigMap?: string;
  /** Lease by which the admission policies tell the time; absent: they do not. */
  freezeClockLease?: { namespace: string; name: string };
  /** Custom resources that the policies of ChangeFreezes match, as `RESOURCE.GROUP`. */
  changeFreezeResources: string[];
  /** File of time zone data in place of the shipped one. */
  zoneDataFile?: string;
  metricsPort: number;
  logLevel: string;
}

/** @throws Error that names every variable that is wrong. */
export function parseConfig(env: Record<string, string | undefined>): OperatorConfig {
  const parsed = environment.safeParse(env);
  if (!parsed.success) throw new Error(`invalid configuration:\n${z.prettifyError(parsed.error)}`);
  const { data } = parsed;
  return {
    namespace: data.OPERATOR_NAMESPACE,
    podName: data.POD_NAME,
    podLabels: Object.fromEntries(list(data.OPERATOR_POD_LABELS).map((pair) => pair.split('=', 2))),
    watchNamespaces: list(data.WATCH_NAMESPACES),
    privateNetworkNamespaces: list(data.PRIVATE_NETWORK_NAMESPACES),
    leaseName: data.LEASE_NAME,
    leaderElection: data.LEADER_ELECTION === 'true',
    images: { presence: data.PRESENCE_IMAGE, valkey: data.VALKEY_IMAGE, redis: data.REDIS_IMAGE },
    imagePullSecrets: list(data.IMAGE_PULL_SECRETS),
    ...(data.POD_PRIORITY_CLASS === '' ? {} : { podPriorityClass: data.POD_PRIORITY_CLASS }),
    ...(data.POLICIES_CONFIG_MAP === '' ? {} : { policiesConfigMap: data.POLICIES_CONFIG_MAP }),
    ...(data.FREEZE_CLOCK_LEASE === '' ? {} : { freezeClockLease: leaseOf(data.FREEZE_CLOCK_LEASE) }),
    changeFreezeResources: list(data.CHANGE_FREEZE_RESOURCES),
    ...(data.ZONE_DATA_FILE === '' ? {} : { zoneDataFile: data.ZONE_DATA_FILE }),
    metricsPort: data.METRICS_PORT,
    logLevel: data.LOG_LEVEL,
  };
}

function leaseOf(text: string): { namespace: string; name: string } {
  const [namespace = '', name = ''] = text.split('/');
  return { namespace, name };
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
