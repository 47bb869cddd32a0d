import { KubeError } from '../../../platform/kube/errors.ts';
import { keyOf } from '../../../platform/runtime/object-key.ts';
import type { RenewalAttempts } from '../../redis/renewal-attempts.ts';
import { majorityOf, planRenewal } from '../conditions/redis-spread.ts';
import type { Pass } from '../plan/pass.ts';
import { type RedisTools, spreadAfterQuietMs } from './maintain-redis.ts';

/** The API server says that a disruption budget does not allow it now. */
const TOO_MANY_REQUESTS = 429;

/**
 * Renews a replica when a node holds so many primaries that its loss takes the majority with it and no hand-over helps: the
 * scheduler places it anew, and `spreadPrimaries` lets it take over there. By eviction, so that it and a drain of another
 * node never take two pods at once.
 */
export async function renewReplicaToSpread(
  { client, announcer, failovers, clock }: Pick<RedisTools, 'client' | 'announcer' | 'failovers' | 'clock'>,
  attempts: RenewalAttempts,
  pass: Pass,
  signal: AbortSignal,
): Promise<void> {
  const { observed } = pass;
  const { cluster } = observed;
  const key = keyOf(cluster);
  const verdict = majorityOf(pass);
  if (verdict.kind === 'Spread') attempts.settled(key);
  if (verdict.kind !== 'Stuck') return;
  const plan = planRenewal(pass, verdict.renewals);
  if (plan.kind !== 'Renew') return;
  const { pod: name, shard, to } = plan.renewal;
  // Whoever was asked to take over lately may be this one.
  if (!failovers.isQuietSince(key, clock.monotonicMs() - spreadAfterQuietMs(pass))) return;
  const pod = observed.redisPods.find(({ metadata }) => metadata.name === name);
  if (pod === undefined) return;
  try {
    await client.evict(cluster.metadata.namespace, name, { uid: pod.metadata.uid, signal });
  } catch (error) {
    if (error instanceof KubeError && error.code === TOO_MANY_REQUESTS) return;
    throw error;
  }
  attempts.note(key, plan.renewal, observed.now);
  const { node, primaries, shards } = verdict;
  const note = `${name}, a replica of shard ${shard}, is to be placed on ${to.join(' or ')}: node ${node} holds ${primaries} of ${shards} primaries`;
  announcer.event(cluster, 'RedisReplicaRenewed', note);
}
