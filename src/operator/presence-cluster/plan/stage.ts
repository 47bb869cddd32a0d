import type { PauseState } from '../../../domain/pause/pause-at.ts';
import type { KubeClient } from '../../../platform/kube/client.ts';
import type { RedisAdmin } from '../../../platform/redis/admin.ts';
import type { Clock } from '../../../platform/runtime/clock.ts';
import type { NamespaceFreezes } from '../../freeze-clock/namespace-freezes.ts';
import type { ClusterMemory } from '../../memory/cluster-memory.ts';
import type { ClusterEvents } from '../../objects/cluster-events.ts';
import type { ReconcilePlan } from './reconcile-plan.ts';

/** What the stages found out that status shows. */
export interface StageResults {
  /** What the API server refused to apply. */
  refused: readonly Error[];
  /** Why the freeze windows are not where the policies with the clock read them. */
  windowsNotWritten?: string;
  /** The API server refused to delete the Redis pod that is to be renewed. */
  renewalRefused?: boolean;
  /** What a rotation of passwords waits for, in words. */
  rotationWaitsFor?: string;
}

/** What the stages of one reconcile work with. */
export interface StageTools {
  client: KubeClient;
  /** Connections to the Redis servers of this PresenceCluster. */
  admin: RedisAdmin;
  /** What this process remembers of this PresenceCluster. */
  memory: ClusterMemory;
  events: ClusterEvents;
  /** The freezes in annotations of Namespaces. */
  freezes: Pick<NamespaceFreezes, 'write'>;
  clock: Clock;
  signal: AbortSignal;
  results: StageResults;
}

/** One step of a reconcile; {@link StageTools.results} is the only thing that a stage leaves for what comes after it. */
export interface Stage {
  readonly name: string;
  /** Whether it is left out in this pause; without it, it runs in every pause and looks at the pause itself. */
  readonly pausedBy?: (pause: PauseState) => boolean;
  /** @throws what went wrong, several things as an AggregateError; the stages after it still run */
  readonly run: (plan: ReconcilePlan, tools: StageTools) => Promise<void>;
}
