import { REDIS_PARAMETERS, type RedisParameter } from '../../api/workload/redis-parameters.ts';
import { BAN_PARAMETER } from './engine.ts';

const GIVEN: readonly (readonly [string, RedisParameter])[] = Object.entries(REDIS_PARAMETERS);
const namesOf = (change: RedisParameter['change']): string[] =>
  GIVEN.flatMap(([name, parameter]) => (parameter.change === change ? [name] : []));

/**
 * Parameters that running servers take by CONFIG SET, in Redis 7.0 and Valkey alike. They are in a file of their own, which
 * changes under running pods; everything else is part of what a pod was made with and takes a new pod.
 */
export const LIVE_PARAMETERS: ReadonlySet<string> = new Set([
  'tcp-keepalive',
  'timeout',
  'cluster-node-timeout',
  'cluster-require-full-coverage',
  'cluster-allow-reads-when-down',
  'cluster-replica-validity-factor',
  'cluster-allow-replica-migration',
  BAN_PARAMETER,
  'appendfsync',
  'no-appendfsync-on-rewrite',
  'repl-diskless-sync',
  'repl-diskless-sync-delay',
  'min-replicas-to-write',
  'maxmemory-policy',
  'lazyfree-lazy-eviction',
  'lazyfree-lazy-expire',
  'lazyfree-lazy-server-del',
  'lazyfree-lazy-user-del',
  'lazyfree-lazy-user-flush',
  'replica-lazy-flush',
  'shutdown-on-sigterm',
  ...namesOf('Online'),
]);

/** `yes`: the bus takes connections with a certificate of ours only. Running servers take it, but only all of them at once. */
export const BUS_PARAMETER = 'tls-cluster';
/** Empty without certificates. */
export const CERTIFICATE_PARAMETER = 'tls-cert-file';

/**
 * Parameters that show that a server is of an older configuration. Memory is among them although CONFIG SET would take it: the
 * limit of the container comes with a new pod only, and more memory than that is an out-of-memory kill.
 */
const FIXED_AND_SHOWN: readonly string[] = [
  'maxmemory',
  'repl-backlog-size',
  'appendonly',
  'port',
  CERTIFICATE_PARAMETER,
  ...namesOf('Roll'),
];

export interface SplitConfig {
  readonly live: readonly string[];
  readonly fixed: readonly string[];
}

/** Ours where it differs from that of the servers, which is then among the lines anyway. */
const SET_BY_US: readonly string[] = ['tcp-keepalive'];

/**
 * Lines with the default of each parameter that a PresenceCluster could set online and does not: one that was taken away goes back on
 * running servers, too. A server that starts has them by itself, so they are in no file.
 */
export function defaultLines(parameters: Readonly<Record<string, unknown>>): string[] {
  return GIVEN.filter(
    ([name, { change }]) => change === 'Online' && !(name in parameters) && !SET_BY_US.includes(name),
  ).map(([name, { byDefault }]) => `${name} ${byDefault}`);
}

/** What a server has and should not have. */
export interface ConfigDifference {
  /** Name and value of what CONFIG SET would bring in order. */
  readonly live: readonly (readonly [name: string, value: string])[];
  /** Names of what only a new pod brings. */
  readonly needsRoll: readonly string[];
}

export function splitConfig(lines: readonly string[]): SplitConfig {
  return {
    live: lines.filter((line) => LIVE_PARAMETERS.has(nameOf(line))),
    fixed: lines.filter((line) => !LIVE_PARAMETERS.has(nameOf(line))),
  };
}

/** Names for CONFIG GET, so that `configDifference` can tell. */
export const SHOWN_PARAMETERS: readonly string[] = [...LIVE_PARAMETERS, BUS_PARAMETER, ...FIXED_AND_SHOWN];

/** @param running what CONFIG GET says; a parameter that it does not name is unknown to the server and left alone */
export function configDifference(
  lines: readonly string[],
  running: Readonly<Record<string, string>>,
): ConfigDifference {
  const wanted = lines.map((line): [string, string] => [nameOf(line), line.slice(nameOf(line).length + 1)]);
  const different = wanted.filter(([name, value]) => name in running && running[name] !== value);
  return {
    live: different.filter(
      ([name]) =>
        LIVE_PARAMETERS.has(name) ||
        // Without certificates a server refuses it, and all that is set with it.
        (name === BUS_PARAMETER && running[CERTIFICATE_PARAMETER] !== ''),
    ),
    needsRoll: different.flatMap(([name]) => (FIXED_AND_SHOWN.includes(name) ? [name] : [])),
  };
}

function nameOf(line: string): string {
  return line.split(' ', 1)[0] ?? '';
}
