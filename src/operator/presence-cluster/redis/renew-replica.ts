import { pausesRollouts } from '../../../domain/pause/pause-at.ts';
import { KubeError } from '../../../platform/kube/errors.ts';
import { EVENT_NOTES } from '../../objects/event-notes.ts';
import { majorityOf, renewalOf } from '../conditions/redis-spread.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { StageTools } from '../plan/stage.ts';
import { spreadAfterQuietMs } from './maintain-redis.ts';

/** The API server says that a disruption budget does not allow it now. */
const TOO_MANY_REQUESTS = 429;

/**
 * A stage: renews a replica when one node holds so many primaries that its loss leaves no majority and no failover helps. The
 * scheduler places the new pod on another node, and `spreadPrimaries` fails over to it there. By eviction, so that this and a
 * drain of another node never take two pods at once.
 */
export async function renewReplicaToSpread(
  plan: ReconcilePlan,
  {
    client,
    events,
    memory,
    clock,
    signal,
  }: Pick<StageTools, 'client' | 'events' | 'memory' | 'clock' | 'signal'>,
): Promise<void> {
  const { observed, decision } = plan;
  if (pausesRollouts(decision.pause)) return;
  const { cluster } = observed;
  const { failovers, renewals } = memory;
  const verdict = majorityOf(plan);
  if (verdict.kind === 'Spread') renewals.settled();
  if (verdict.kind !== 'Stuck') return;
  const renewal = renewalOf(plan, verdict.renewals);
  if (renewal.kind !== 'Renew') return;
  const { pod: name } = renewal.renewal;
  // This replica may be the one that was asked to take over.
  if (!failovers.isQuietSince(clock.monotonicMs() - spreadAfterQuietMs(plan))) return;
  const pod = observed.redisPods.find(({ metadata }) => metadata.name === name);
  if (pod === undefined) return;
  try {
    await client.evict(cluster.metadata.namespace, name, { uid: pod.metadata.uid, signal });
  } catch (error) {
    if (error instanceof KubeError && error.code === TOO_MANY_REQUESTS) return;
    throw error;
  }
  renewals.note(renewal.renewal, observed.now);
  events.record(cluster, 'RedisReplicaRenewed', EVENT_NOTES.replicaRenewed(renewal.renewal, verdict));
}
