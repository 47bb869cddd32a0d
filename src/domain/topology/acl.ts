import { ENGINES, type EngineName } from './engine.ts';

/** SHA-256 of a password, or of each password that is taken: 64 lower-case hexadecimal digits. */
type Hashes = string | readonly string[];

/** By user. */
export interface AclPasswordHashes {
  readonly operator: Hashes;
  readonly presence: Hashes;
  /** The probes of the pods, and what runs in them at start and stop. */
  readonly probe: Hashes;
  /** `masteruser` of every replica. */
  readonly replication: Hashes;
}

/**
 * What the operator does to a server. Of keys it learns names and sizes, and moves them; it cannot read or write any. That it may
 * change users, for the rotation of passwords, means that it could give itself any right: its password is the one to
 * keep.
 */
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
  '+cluster|bumpepoch',
  '+cluster|replicate',
  '+cluster|failover',
  '+cluster|forget',
  '+cluster|setslot',
  '+cluster|countkeysinslot',
  '+cluster|getkeysinslot',
  '+memory|usage',
  '+migrate',
  // What MIGRATE makes the server that takes the keys do, as the same user.
  '+restore-asking',
  '+select',
  '~*',
  '+function|list',
  '+function|load',
  '+acl|getuser',
  '+acl|setuser',
  '+config|get',
  '+config|set',
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

/** A server refuses to start with a rule whose command it does not know. */
const ATOMIC_MOVE_RULES = {
  operator: ['+cluster|migrateslots', '+cluster|getslotmigrations'],
  // The server that takes slots executes all that arrives, the keys first and then what is written meanwhile, with the
  // rights of the user that the other one has logged in as.
  replication: ['+cluster|syncslots', '+select', '+multi', '+exec', '+@write', '-@scripting', '~*'],
};

const REPLICATION_RULES = ['+ping', '+psync', '+sync', '+replconf'];

const SHA256_HEX = /^[0-9a-f]{64}$/;

/**
 * The content of `users.acl`, the same for Redis 7.0 and later and for Valkey: each user may do what it needs and no
 * more, `default` is off. Replicas need `masteruser replication` and its password beside it.
 * @throws RangeError when a hash is no SHA-256 in lower-case hexadecimal digits: the server would not start with it.
 */
export function aclFile(hashes: AclPasswordHashes, engine: EngineName): string {
  const moves = ENGINES[engine].movesSlotsAtomically ? ATOMIC_MOVE_RULES : { operator: [], replication: [] };
  return [
    'user default reset off',
    userLine('operator', hashes.operator, [...OPERATOR_RULES, ...moves.operator]),
    userLine('presence', hashes.presence, PRESENCE_RULES),
    userLine('probe', hashes.probe, PROBE_RULES),
    userLine('replication', hashes.replication, [...REPLICATION_RULES, ...moves.replication]),
    '',
  ].join('\n');
}

function userLine(name: string, given: Hashes, rules: readonly string[]): string {
  const hashes = typeof given === 'string' ? [given] : given;
  if (hashes.length === 0 || !hashes.every((hash) => SHA256_HEX.test(hash))) {
    throw new RangeError(`the password hash of the Redis user ${name} is no SHA-256 in hexadecimal digits`);
  }
  return `user ${name} reset on ${hashes.map((hash) => `#${hash}`).join(' ')} ${rules.join(' ')}`;
}
