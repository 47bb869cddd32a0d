import * as z from 'zod';
import { type Rule, withRules } from '../schema/cel-rule.ts';
import { INT_OR_STRING } from '../schema/int-or-string.ts';
import { celList } from './labels.ts';

/** Bytes, microseconds or a count: what an int of the servers holds. */
const INT = 2 ** 31 - 1;
const GIB = 2 ** 30;
const MIB = 2 ** 20;

interface Whole {
  readonly min: number;
  readonly max: number;
}
interface Choice {
  readonly options: readonly string[];
}

/** A parameter of the servers that a PresenceCluster may set. */
export type RedisParameter = (Whole | Choice) & {
  /** What a server has without it; it comes back when the parameter is taken away. Source: CONFIG GET of Redis 7.0.15 and Valkey 9.1.2. */
  readonly byDefault: string;
  /** `Online`: running servers take it. `Roll`: a new pod does. */
  readonly change: 'Online' | 'Roll';
  /** The only engine that has it. Left out: both. */
  readonly engine?: 'Redis' | 'Valkey';
  readonly meaning: string;
};

const YES_NO = { options: ['yes', 'no'] } as const;

/**
 * What may be set, by Redis 7.0 and later and Valkey 9. A value that a server would refuse is refused here, because a server that
 * starts with it would not come up.
 */
export const REDIS_PARAMETERS = {
  'active-expire-effort': {
    min: 1,
    max: 10,
    byDefault: '1',
    change: 'Online',
    meaning: 'How hard the server looks for keys that have expired.',
  },
  'auto-aof-rewrite-min-size': {
    min: MIB,
    max: 1024 * GIB,
    byDefault: '67108864',
    change: 'Online',
    meaning: 'Bytes from which the append-only file is rewritten.',
  },
  'auto-aof-rewrite-percentage': {
    min: 1,
    max: INT,
    byDefault: '100',
    change: 'Online',
    meaning: 'Growth in percent after which the append-only file is rewritten.',
  },
  'client-query-buffer-limit': {
    min: MIB,
    max: 64 * GIB,
    byDefault: '1073741824',
    change: 'Online',
    meaning: 'Bytes that one client may have sent and not been served for.',
  },
  'dynamic-hz': {
    // Valkey 9 has none: it always does so.
    ...YES_NO,
    byDefault: 'yes',
    change: 'Online',
    engine: 'Redis',
    meaning: 'More background work with more clients.',
  },
  'hash-max-listpack-entries': {
    min: 0,
    max: INT,
    byDefault: '512',
    change: 'Online',
    meaning: 'Fields up to which a hash is kept compact.',
  },
  'hash-max-listpack-value': {
    min: 0,
    max: INT,
    byDefault: '64',
    change: 'Online',
    meaning: 'Bytes of a value up to which a hash is kept compact.',
  },
  hz: {
    min: 1,
    max: 500,
    byDefault: '10',
    change: 'Online',
    meaning: 'Rounds of background work per second.',
  },
  'io-threads': {
    min: 1,
    max: 16,
    byDefault: '1',
    change: 'Roll',
    meaning: 'Threads that read and write sockets.',
  },
  'latency-monitor-threshold': {
    min: 0,
    max: INT,
    byDefault: '0',
    change: 'Online',
    meaning: 'Milliseconds from which LATENCY records an event; 0 records none.',
  },
  'latency-tracking': {
    ...YES_NO,
    byDefault: 'yes',
    change: 'Online',
    meaning: 'Latency of each command in INFO.',
  },
  loglevel: {
    options: ['debug', 'verbose', 'notice', 'warning'],
    byDefault: 'notice',
    change: 'Online',
    meaning: 'What the server logs.',
  },
  'maxmemory-samples': {
    min: 1,
    max: 64,
    byDefault: '5',
    change: 'Online',
    meaning: 'Keys that are compared when one must go.',
  },
  'proto-max-bulk-len': {
    min: MIB,
    max: 64 * GIB,
    byDefault: '536870912',
    change: 'Online',
    meaning: 'Bytes of the longest value in a request.',
  },
  'slowlog-log-slower-than': {
    min: -1,
    max: INT,
    byDefault: '10000',
    change: 'Online',
    meaning: 'Microseconds from which SLOWLOG records a command; -1 records none.',
  },
  'slowlog-max-len': {
    min: 0,
    max: 100_000,
    byDefault: '128',
    change: 'Online',
    meaning: 'Commands that SLOWLOG keeps.',
  },
  'tcp-backlog': {
    min: 1,
    max: 65_535,
    byDefault: '511',
    change: 'Roll',
    meaning: 'Connections that wait to be taken.',
  },
  'tcp-keepalive': {
    min: 1,
    max: 3_600,
    byDefault: '60',
    change: 'Online',
    meaning: 'Seconds after which a silent connection is tried. Ours is 60.',
  },
} as const satisfies Record<string, RedisParameter>;

/** What is refused with a reason, because users look for it. Names or their beginnings, which end in a star. */
export const OWNED_PARAMETERS: readonly { names: readonly string[]; because: string }[] = [
  {
    names: ['maxmemory', 'maxmemory-policy', 'repl-backlog-size', 'maxmemory-clients'],
    because: 'comes from spec.redis.resources.limits.memory, and with another policy presence would vanish',
  },
  {
    names: ['appendonly', 'appendfsync', 'save', 'dir', 'dbfilename', 'appendfilename', 'appenddirname'],
    because: 'keeps a primary that restarts from coming back empty; see spec.redis.storage',
  },
  {
    names: ['cluster-*'],
    because: 'belongs to the operator, which moves slots and roles; see spec.redis.profile',
  },
  {
    names: ['tls-*', 'port', 'bind', 'protected-mode'],
    because: 'decides who can connect; see spec.redis.tls',
  },
  {
    names: [
      'requirepass',
      'masterauth',
      'masteruser',
      'primaryauth',
      'primaryuser',
      'aclfile',
      'user',
      'rename-command',
    ],
    because: 'decides who can log in; the operator makes the users',
  },
  {
    names: ['replicaof', 'slaveof', 'replica-*', 'min-replicas-to-write', 'repl-diskless-sync'],
    because: 'belongs to the operator, which decides who follows whom',
  },
  {
    names: ['enable-*', 'loadmodule', 'include', 'logfile', 'pidfile', 'daemonize'],
    because: 'would reach the file system of the pod or load code',
  },
];

type Values = Record<string, number | string>;

const MAX_PARAMETERS = 32;
const MAX_VALUE_LENGTH = 64;

/** Numbers as the servers write them back: nothing would differ for ever. Fifteen digits are exact in JavaScript. */
const WHOLE = /^(0|-?[1-9][0-9]{0,14})$/;

const parameters = Object.entries(REDIS_PARAMETERS) as [string, RedisParameter][];
const names = parameters.map(([name]) => name);
const everyOwned = OWNED_PARAMETERS.flatMap((each) => each.names);

const allowed: Rule<Values>[] = [
  ...OWNED_PARAMETERS.map(({ names: owned, because }) => ({
    cel: `self.all(name, !(${owned.map(celIsOwned).join(' || ')}))`,
    message: `${owned.map((name) => name.replace('*', '…')).join(', ')}: ${because}`,
    check: (given: Values) =>
      Object.keys(given).every((name) => !owned.some((pattern) => isOwned(pattern, name))),
  })),
  {
    // What is owned has a message of its own.
    cel: `self.all(name, name in ${celList(names)} || ${everyOwned.map(celIsOwned).join(' || ')})`,
    message: `may have ${names.join(', ')}`,
    check: (given: Values) =>
      Object.keys(given).every(
        (name) => names.includes(name) || everyOwned.some((pattern) => isOwned(pattern, name)),
      ),
  },
];

const values: Rule<Values>[] = parameters.map(([name, parameter]) => ({
  cel: `!('${name}' in self) || ${celOfValue(`string(self['${name}'])`, parameter)}`,
  message: `${name} is ${'min' in parameter ? `a whole number of ${parameter.min} to ${parameter.max}` : parameter.options.join(' or ')}`,
  check: (given: Values) => {
    const value = given[name];
    return value === undefined || isValue(String(value), parameter);
  },
}));

function celIsOwned(pattern: string): string {
  return pattern.endsWith('*') ? `name.startsWith('${pattern.slice(0, -1)}')` : `name == '${pattern}'`;
}

function isOwned(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function celOfValue(text: string, parameter: RedisParameter): string {
  if ('options' in parameter) return `${text} in ${celList(parameter.options)}`;
  const { min, max } = parameter;
  return `(${text}.matches('${WHOLE.source}') && int(${text}) >= ${min} && int(${text}) <= ${max})`;
}

function isValue(text: string, parameter: RedisParameter): boolean {
  if ('options' in parameter) return parameter.options.includes(text);
  return WHOLE.test(text) && Number(text) >= parameter.min && Number(text) <= parameter.max;
}

/** `spec.redis.parameters`. */
export const redisParameters = withRules(
  z.record(z.string(), z.union([z.int(), z.string().max(MAX_VALUE_LENGTH)]).meta(INT_OR_STRING)),
  [
    {
      cel: `size(self) <= ${MAX_PARAMETERS}`,
      message: `at most ${MAX_PARAMETERS} parameters`,
      check: (given) => Object.keys(given).length <= MAX_PARAMETERS,
    },
    ...allowed,
    ...values,
  ],
).meta({ maxProperties: MAX_PARAMETERS });

interface Redis {
  engine: 'Redis' | 'Valkey';
  parameters?: Values | undefined;
}

/** Rules of `spec.redis`: parameters that only one engine has. */
export const ENGINE_PARAMETER_RULES: Rule<Redis>[] = parameters.flatMap(([name, { engine }]) =>
  engine === undefined
    ? []
    : [
        {
          cel: `!has(self.parameters) || !('${name}' in self.parameters) || self.engine == '${engine}'`,
          message: `${name} goes with engine ${engine} only`,
          check: (redis) =>
            redis.parameters === undefined || !(name in redis.parameters) || redis.engine === engine,
          path: 'parameters',
        },
      ],
);
