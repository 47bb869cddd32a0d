import { SHOWN_PARAMETERS } from '../../domain/topology/live-config.ts';
import type { ObservedTopology, ReachableNode } from '../../domain/topology/observed.ts';
import { reachableNodes } from '../../domain/topology/observed.ts';
import type { RedisAdmin } from '../../platform/redis/admin.ts';

/** Parameters of each server that answered, by pod and name. */
export type RunningConfig = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** Asks every server that answers. Never rejects: a server that does not answer, or refuses, is left out. */
export async function readServerConfig(
  admin: RedisAdmin,
  topology: ObservedTopology,
): Promise<RunningConfig> {
  const entries = await Promise.all(reachableNodes(topology).map((node) => readOne(admin, node)));
  return new Map(entries.flatMap((entry) => (entry === undefined ? [] : [entry])));
}

async function readOne(
  admin: RedisAdmin,
  { pod, address }: ReachableNode,
): Promise<[string, Record<string, string>] | undefined> {
  try {
    return [pod, pairsOf(await admin.execute(address, ['CONFIG', 'GET', ...SHOWN_PARAMETERS]))];
  } catch {
    return undefined;
  }
}

/** A flat list of names and values. */
export function pairsOf(reply: unknown): Record<string, string> {
  const list = Array.isArray(reply) ? reply.map(String) : [];
  return Object.fromEntries(
    list.flatMap((name, index): [string, string][] =>
      index % 2 === 0 ? [[name, list[index + 1] ?? '']] : [],
    ),
  );
}
