import type { ROLLOUT_OVERRIDE_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import type { EventReason } from '../../api/v1alpha1/event-reasons.ts';
import type { ChangeFreeze, PresenceCluster, RolloutOverride } from '../../api/v1alpha1/kinds.ts';
import type { RolloutOverrideStatus } from '../../api/v1alpha1/rollout-override.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import { openOverrides, overrideEnd, overrideTarget } from '../../domain/freeze/override.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import type { EventRecorder } from '../../platform/kube/events.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Outcome, ReconcileContext } from '../../platform/runtime/controller.ts';
import { type AnyCondition, stampConditions } from '../objects/conditions.ts';
import { writeStatus } from '../objects/write-status.ts';

export interface OverrideReconcilerOptions {
  client: KubeClient;
  overrides: StoreReader<RolloutOverride>;
  clusters: StoreReader<PresenceCluster>;
  changeFreezes: StoreReader<ChangeFreeze>;
  events: EventRecorder;
  clock: Clock;
}

type Active = AnyCondition<typeof ROLLOUT_OVERRIDE_CONDITIONS>;

/** Writes whether each RolloutOverride opens a freeze, and records its beginning and end as events. */
export class OverrideReconciler {
  readonly #options: OverrideReconcilerOptions;

  constructor(options: OverrideReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(key: string, { signal }: ReconcileContext): Promise<Outcome> {
    const { client, overrides, clusters, changeFreezes, clock } = this.#options;
    const override = overrides.get(key);
    if (override === undefined || override.metadata.deletionTimestamp !== undefined) return { kind: 'done' };
    const now = clock.now();
    const { namespace } = override.metadata;
    const { presenceClusterName, changeFreezeName } = override.spec;
    const target =
      changeFreezeName === undefined
        ? clusters.get(`${namespace}/${presenceClusterName}`)
        : changeFreezes.get(`${namespace}/${changeFreezeName}`);
    const status = overrideStatus(override, {
      siblings: siblingsOf(override, overrides),
      hasTarget: target !== undefined,
      now,
    });
    if (await writeStatus(client, override, status, signal)) this.#announce(override, status);
    const end = overrideEnd(override);
    return end > now ? { kind: 'requeueAt', at: end } : { kind: 'done' };
  }

  #announce(override: RolloutOverride, status: RolloutOverrideStatus): void {
    const before = override.status?.conditions?.[0]?.status;
    const after = status.conditions?.[0];
    if (after === undefined || before === after.status) return;
    const { requestedBy, ticket, scope, reason } = override.spec;
    const who = `${overrideTarget(override)}: ${requestedBy}, ticket ${ticket}`;
    const record = (type: 'Normal' | 'Warning', event: EventReason, note: string): void =>
      this.#options.events.record(override, { type, reason: event, action: event, note });
    if (after.status === 'True') {
      record(
        'Warning',
        'OverrideOpened',
        `${who}, until ${status.until}, opens ${scope.join(', ')}: ${reason}`,
      );
    } else if (before === 'True' || after.reason === 'Expired') {
      record('Normal', 'OverrideEnded', `${who}: ${after.message}`);
    } else {
      record('Warning', 'OverrideRefused', `${who}: ${after.message}`);
    }
  }
}

/** An override that has ended did what it was asked for. */
function withReady(found: Active): Active[] {
  const { message } = found;
  return found.status === 'True' || found.reason === 'Expired'
    ? [found, { type: 'Ready', status: 'True', reason: 'Processed', message }]
    : [found, { type: 'Ready', status: 'False', reason: 'Refused', message }];
}

/** All overrides of one PresenceCluster or ChangeFreeze. */
function siblingsOf(
  { metadata, spec }: RolloutOverride,
  overrides: StoreReader<RolloutOverride>,
): RolloutOverride[] {
  return overrides
    .list(metadata.namespace)
    .filter(
      (other) =>
        other.spec.presenceClusterName === spec.presenceClusterName &&
        other.spec.changeFreezeName === spec.changeFreezeName,
    );
}

/** The status of an override at one instant; pure. */
export function overrideStatus(
  override: RolloutOverride,
  around: { siblings: readonly RolloutOverride[]; hasTarget: boolean; now: Date },
): RolloutOverrideStatus {
  const generation = override.metadata.generation;
  const conditions = stampConditions<typeof ROLLOUT_OVERRIDE_CONDITIONS>(
    withReady(active(override, around)),
    override.status?.conditions,
    generation,
    formatInstant(around.now),
  );
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    until: formatInstant(overrideEnd(override)),
    conditions,
  };
}

function active(
  override: RolloutOverride,
  { siblings, hasTarget, now }: { siblings: readonly RolloutOverride[]; hasTarget: boolean; now: Date },
): Active {
  const type = 'Active';
  const { presenceClusterName, changeFreezeName, scope } = override.spec;
  const until = formatInstant(overrideEnd(override));
  if (overrideEnd(override) <= now) {
    return { type, status: 'False', reason: 'Expired', message: `The override ended at ${until}.` };
  }
  if (!hasTarget && changeFreezeName !== undefined) {
    const message = `There is no ChangeFreeze ${changeFreezeName} in the namespace.`;
    return { type, status: 'False', reason: 'UnknownChangeFreeze', message };
  }
  if (!hasTarget) {
    const message = `There is no PresenceCluster ${presenceClusterName} in the namespace.`;
    return { type, status: 'False', reason: 'UnknownCluster', message };
  }
  if (!openOverrides(siblings, now).some(({ name }) => name === override.metadata.name)) {
    return { type, status: 'False', reason: 'TooMany', message: 'Too many overrides are already open.' };
  }
  return { type, status: 'True', reason: 'Open', message: `Opens ${scope.join(', ')} until ${until}.` };
}
