import {
  type Credentials,
  credentialCommands,
  type Hash,
  type ServerCredentials,
} from '../../domain/resources/credentials.ts';
import { REDIS_USERS, type RedisUser } from '../../domain/resources/redis-acl-secret.ts';
import type { ObservedNode, ObservedTopology } from '../../domain/topology/observed.ts';
import type { RedisAdmin, RedisEndpoint } from '../../platform/redis/admin.ts';
import { pairsOf } from './server-config.ts';

/**
 * Makes every server take the passwords that it should, and returns what each takes afterwards. Never rejects: a server that is
 * silent, or refuses, is returned with its problem. Pods without an address have no server, and one that ends needs nothing.
 */
export function giveCredentials(
  admin: RedisAdmin,
  { nodes }: ObservedTopology,
  credentials: Credentials,
  hash: Hash,
): Promise<ServerCredentials[]> {
  return Promise.all(
    nodes
      .filter(({ address, terminating }) => address !== undefined && !terminating)
      .map((node) => giveTo(admin, node, credentials, hash)),
  );
}

async function giveTo(
  admin: RedisAdmin,
  node: ObservedNode,
  credentials: Credentials,
  hash: Hash,
): Promise<ServerCredentials> {
  const { pod, address } = node;
  if (!node.reachable) return { pod, problem: node.reason };
  if (address === undefined) return { pod, problem: 'no address yet' };
  try {
    const before = await read(admin, pod, address);
    const commands = credentialCommands(before, credentials, hash);
    if (commands.length === 0) return before;
    for (const command of commands) await admin.execute(address, command);
    return await read(admin, pod, address);
  } catch (error) {
    return { pod, problem: error instanceof Error ? error.message : String(error) };
  }
}

async function read(admin: RedisAdmin, pod: string, address: RedisEndpoint): Promise<ServerCredentials> {
  const [config, ...users] = await Promise.all([
    admin.execute(address, ['CONFIG', 'GET', 'masterauth']),
    ...REDIS_USERS.map((user) => admin.execute(address, ['ACL', 'GETUSER', user])),
  ]);
  const hashes = Object.fromEntries(
    REDIS_USERS.map((user, index) => [user, passwordsIn(users[index])]),
  ) as unknown as Record<RedisUser, string[]>;
  return { pod, hashes, replicationPassword: pairsOf(config).masterauth ?? '' };
}

/** `passwords` in a reply of ACL GETUSER: a flat list of names and values. */
function passwordsIn(reply: unknown): string[] {
  const list: unknown[] = Array.isArray(reply) ? reply : [];
  const passwords = list[list.indexOf('passwords') + 1];
  return Array.isArray(passwords) ? passwords.map(String) : [];
}
