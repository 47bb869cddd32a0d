/** SHA-256 of each user's password: 64 lower-case hexadecimal digits. */
export interface AclPasswordHashes {
  readonly operator: string;
  readonly presence: string;
  /** The probes of the pods, and what runs in them at start and stop. */
  readonly probe: string;
  /** `masteruser` of every replica. */
  readonly replication: string;
}

/** What the operator does to a server, and nothing that reads or writes keys. */
const OPERATOR_RULES = [
  '+ping',
  '+info',
  '+role',
  '+cluster|myid',
  '+cluster|nodes',
  '+cluster|info',
  '+cluster|meet',
  '+cluster|addslotsrange',
  '+cluster|set-config-epoch',
  '+cluster|replicate',
  '+cluster|failover',
  '+cluster|forget',
  '+function|list',
  '+function|load',
];

/**
 * Keys and channels of the presence library only. A function runs with its caller's rights, so the data commands
 * must be allowed as well, and a function that it loads gives it no right that it lacks. INFO is for the client's
 * ready check, TIME for the functions.
 */
const PRESENCE_RULES = [
  '~pr:*',
  '&pr:*',
  '+@read',
  '+@write',
  '+@pubsub',
  '+@connection',
  '-@dangerous',
  // FUNCTION FLUSH is in @write.
  '-@scripting',
  '+fcall',
  '+fcall_ro',
  '+function|list',
  '+function|load',
  '+info',
  '+time',
  '+readonly',
  '+readwrite',
  '+asking',
  '+cluster|slots',
  '+cluster|shards',
  '+cluster|nodes',
  '+cluster|info',
];

/** A replica asks its primary to hand over, and a stopping primary asks for it. */
const PROBE_RULES = [
  '+ping',
  '+info',
  '+role',
  '+cluster|myid',
  '+cluster|nodes',
  '+cluster|info',
  '+cluster|failover',
];

const REPLICATION_RULES = ['+ping', '+psync', '+sync', '+replconf'];

const SHA256_HEX = /^[0-9a-f]{64}$/;

/**
 * The content of `users.acl`, the same for Redis 7.0 and later and for Valkey: each user may do what it needs and no
 * more, `default` is off. Replicas need `masteruser replication` and its password beside it.
 * @throws RangeError when a hash is no SHA-256 in lower-case hexadecimal digits: the server would not start with it.
 */
export function aclFile(hashes: AclPasswordHashes): string {
  return [
    'user default reset off',
    userLine('operator', hashes.operator, OPERATOR_RULES),
    userLine('presence', hashes.presence, PRESENCE_RULES),
    userLine('probe', hashes.probe, PROBE_RULES),
    userLine('replication', hashes.replication, REPLICATION_RULES),
    '',
  ].join('\n');
}

function userLine(name: string, hash: string, rules: readonly string[]): string {
  if (!SHA256_HEX.test(hash)) {
    throw new RangeError(`the password hash of the Redis user ${name} is no SHA-256 in hexadecimal digits`);
  }
  return `user ${name} reset on #${hash} ${rules.join(' ')}`;
}
