import type { WEDDING_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import type { Wedding } from '../../api/v1alpha1/kinds.ts';
import type { WeddingStatus } from '../../api/v1alpha1/wedding.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import { acceptWedding } from '../../domain/calendar/wedding-interval.ts';
import { weddingPhase } from '../../domain/calendar/wedding-phase.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Outcome, ReconcileContext } from '../../platform/runtime/controller.ts';
import { stampConditions } from '../objects/conditions.ts';
import { writeStatus } from '../objects/write-status.ts';

export interface WeddingReconcilerOptions {
  client: KubeClient;
  weddings: StoreReader<Wedding>;
  clock: Clock;
}

/** Writes whether each Wedding counts, and its phase by the clock. */
export class WeddingReconciler {
  readonly #options: WeddingReconcilerOptions;

  constructor(options: WeddingReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(key: string, { signal }: ReconcileContext): Promise<Outcome> {
    const { client, weddings, clock } = this.#options;
    const wedding = weddings.get(key);
    if (wedding === undefined || wedding.metadata.deletionTimestamp !== undefined) return { kind: 'done' };
    const now = clock.now();
    const status = weddingStatus(wedding, now);
    await writeStatus(client, wedding, status, signal);
    const ahead = [status.startsAt, status.endsAt]
      .flatMap((at) => (at ? [Date.parse(at)] : []))
      .filter((at) => at > now.getTime());
    return ahead.length > 0 ? { kind: 'requeueAt', at: new Date(Math.min(...ahead)) } : { kind: 'done' };
  }
}

/** The status of a wedding at one instant; pure. */
export function weddingStatus(wedding: Wedding, now: Date): WeddingStatus {
  const verdict = acceptWedding(wedding.spec);
  const generation = wedding.metadata.generation;
  const conditions = stampConditions<typeof WEDDING_CONDITIONS>(
    [
      verdict.accepted
        ? {
            type: 'Accepted',
            status: 'True',
            reason: 'Accepted',
            message: 'The wedding counts for scaling and freezes.',
          }
        : { type: 'Accepted', status: 'False', reason: verdict.reason, message: verdict.message },
      verdict.accepted
        ? { type: 'Ready', status: 'True', reason: 'Accepted', message: 'The wedding is in use.' }
        : { type: 'Ready', status: 'False', reason: 'NotAccepted', message: verdict.message },
    ],
    wedding.status?.conditions,
    generation,
    formatInstant(now),
  );
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(verdict.accepted
      ? {
          startsAt: formatInstant(verdict.ceremony),
          endsAt: formatInstant(verdict.ends),
          phase: weddingPhase(wedding.spec.state, verdict, now),
        }
      : {}),
    conditions,
  };
}
