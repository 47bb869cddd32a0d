import * as z from 'zod';

const port = z
  .string()
  .regex(/^[0-9]+$/, 'must be a number')
  .transform(Number)
  .pipe(z.int().max(65_535));
const headerName = z.string().regex(/^[-A-Za-z0-9]*$/, 'must be the name of a header');

/** Settings of the dashboard in the cluster, all from the environment that the chart sets. */
const environment = z.object({
  WATCH_NAMESPACES: z.string().default(''),
  DASHBOARD_PORT: port.default(8080),
  METRICS_PORT: port.default(9090),
  PROXY_USER_HEADER: headerName.default(''),
  PROXY_GROUPS_HEADER: headerName.default(''),
  PROXY_SECRET_FILE: z.string().default(''),
  ZONE_DATA_FILE: z.string().default(''),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

/** Where a proxy in front says who looks. */
export interface ProxyConfig {
  userHeader: string;
  /** Groups, with commas between them; absent: the proxy names none. */
  groupsHeader?: string;
  /** File with what the proxy sends to show that it is the proxy. */
  secretFile: string;
}

export interface DashboardConfig {
  /** Empty: all namespaces. */
  watchNamespaces: string[];
  port: number;
  metricsPort: number;
  /** Absent: only tokens are taken. */
  proxy?: ProxyConfig;
  /** File of time zone data in place of the shipped one. */
  zoneDataFile?: string;
  logLevel: z.infer<typeof environment>['LOG_LEVEL'];
}

/** @throws Error that names every variable that is wrong */
export function parseConfig(env: Record<string, string | undefined>): DashboardConfig {
  const parsed = environment.safeParse(env);
  if (!parsed.success) throw new Error(`invalid configuration:\n${z.prettifyError(parsed.error)}`);
  const { data } = parsed;
  const namespaces = data.WATCH_NAMESPACES.split(',').map((name) => name.trim());
  const config: DashboardConfig = {
    watchNamespaces: namespaces.filter((name) => name !== ''),
    port: data.DASHBOARD_PORT,
    metricsPort: data.METRICS_PORT,
    logLevel: data.LOG_LEVEL,
  };
  if (data.ZONE_DATA_FILE !== '') config.zoneDataFile = data.ZONE_DATA_FILE;
  const proxy = proxyOf(data);
  if (proxy !== undefined) config.proxy = proxy;
  return config;
}

function proxyOf(data: z.infer<typeof environment>): ProxyConfig | undefined {
  const { PROXY_USER_HEADER: userHeader, PROXY_SECRET_FILE: secretFile } = data;
  const groupsHeader = data.PROXY_GROUPS_HEADER;
  if (userHeader === '') {
    if (secretFile === '' && groupsHeader === '') return undefined;
    throw new Error('invalid configuration: PROXY_USER_HEADER is needed beside the other PROXY_ variables');
  }
  if (secretFile === '')
    throw new Error(
      'invalid configuration: PROXY_USER_HEADER needs PROXY_SECRET_FILE, or every pod could say who it is',
    );
  return groupsHeader === '' ? { userHeader, secretFile } : { userHeader, groupsHeader, secretFile };
}
