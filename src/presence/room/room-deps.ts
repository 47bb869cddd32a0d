import type { SnapshotMessage } from '../../api/protocol/messages.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { Peers } from '../peers/peers.ts';
import type { WorkScheduler } from '../scheduling/work-scheduler.ts';
import type { PresenceStore } from '../store/store.ts';
import type { PresenceMetrics } from '../telemetry/metrics.ts';

/** What a room needs of its pod. */
export interface RoomDeps {
  readonly store: PresenceStore;
  readonly incarnation: string;
  readonly clock: Clock;
  /** The other pods, for while Redis is away. */
  readonly peers: Pick<Peers, 'hand'>;
  /** 0 to 1, for spreading beats. */
  readonly random: () => number;
  readonly metrics: PresenceMetrics;
  readonly scheduler: WorkScheduler;
  /** The people who are expected; undefined when the wedding is not known. */
  readonly teamOf: (wedding: string) => SnapshotMessage['team'];
  readonly log: Logger;
  /** Nobody is here and nothing is owed to Redis: the room can go. */
  readonly onIdle: (wedding: string) => void;
}
