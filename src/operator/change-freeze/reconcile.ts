import type { ChangeFreeze, RolloutOverride, Wedding } from '../../api/v1alpha1/kinds.ts';
import { type ChangeFreezePlan, planChangeFreeze } from '../../domain/change-freeze/change-freeze-plan.ts';
import { changeFreezeText } from '../../domain/change-freeze/change-freeze-text.ts';
import { PROTECTED_NAMESPACES } from '../../domain/change-freeze/protected-namespaces.ts';
import { openOverrides, overrideEnd } from '../../domain/freeze/override.ts';
import { freezeWedding } from '../../domain/freeze/protected-weddings.ts';
import { toRolloutFreezeWindows } from '../../domain/freeze/rollout-freeze-windows.ts';
import { weddingId } from '../../domain/freeze/wedding-id.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Outcome, ReconcileContext } from '../../platform/runtime/controller.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import type { LeaseClock } from '../freeze-clock/lease-clock.ts';
import { sha256Hex } from '../objects/content-hash.ts';
import { writeStatus } from '../objects/write-status.ts';
import { changeFreezeStatusAt, type Written } from './change-freeze-status.ts';
import { type NamespaceChangeFreezes, NoRoomForChangeFreeze } from './namespace-change-freezes.ts';

/** How soon it is noticed that the Lease is gone, or that annotations were changed past the policies. */
const LOOK_AGAIN_MS = 30_000;

export interface ChangeFreezeReconcilerOptions {
  client: KubeClient;
  changeFreezes: StoreReader<ChangeFreeze>;
  overrides: StoreReader<RolloutOverride>;
  weddings: StoreReader<Wedding>;
  namespaces: NamespaceChangeFreezes;
  leaseClock: LeaseClock;
  /** Custom resources that the policies match, as `RESOURCE.GROUP`. */
  matchedResources: readonly string[];
  clock: Clock;
}

/** Writes the windows of each ChangeFreeze ahead, where the admission policies read them, and its status. */
export class ChangeFreezeReconciler {
  readonly #options: ChangeFreezeReconcilerOptions;

  constructor(options: ChangeFreezeReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(key: string, { signal }: ReconcileContext): Promise<Outcome> {
    const { client, changeFreezes, namespaces, leaseClock, matchedResources, clock } = this.#options;
    const freeze = changeFreezes.get(key);
    const lease = await leaseClock.look();
    if (freeze === undefined) {
      const [namespace = '', name = ''] = key.split('/');
      if (lease.kind !== 'Off') await namespaces.write(namespace, name, undefined, signal);
      return { kind: 'done' };
    }
    const now = clock.now();
    const overrides = this.#overridesOf(freeze);
    const plan = planChangeFreeze(freeze.spec, this.#weddingsOf(freeze), now);
    const written =
      lease.kind === 'Off' ? NOTHING_TO_WRITE : await this.#write(freeze, plan, overrides, now, signal);
    const status = changeFreezeStatusAt(freeze, { plan, lease, written, matchedResources, now });
    await writeStatus(client, freeze, status, signal);
    const edges = plan.accepted ? plan.windows.flatMap(({ from, until }) => [from, until]) : [];
    const ahead = [...edges, ...overrides.map(overrideEnd)].map(Number).filter((at) => at > now.getTime());
    return { kind: 'requeueAt', at: new Date(Math.min(now.getTime() + LOOK_AGAIN_MS, ...ahead)) };
  }

  /** A spec that is not accepted leaves what was written before. */
  async #write(
    freeze: ChangeFreeze,
    plan: ChangeFreezePlan,
    overrides: readonly RolloutOverride[],
    now: Date,
    signal: AbortSignal,
  ): Promise<Written> {
    if (!plan.accepted) return NOTHING_TO_WRITE;
    const { namespace, name } = freeze.metadata;
    if (PROTECTED_NAMESPACES.includes(namespace)) {
      await this.#options.namespaces.write(namespace, name, undefined, signal);
      return {
        kind: 'NotWritten',
        reason: 'ProtectedNamespace',
        message: `In ${namespace} nothing is frozen: that would stop repairs of the Kubernetes cluster.`,
      };
    }
    const windows = toRolloutFreezeWindows(plan.windows);
    const text = changeFreezeText(freeze.spec, windows, openOverrides(overrides, now), now);
    try {
      await this.#options.namespaces.write(namespace, name, text, signal);
      return { kind: 'Written' };
    } catch (error) {
      if (error instanceof NoRoomForChangeFreeze) {
        return {
          kind: 'NotWritten',
          reason: 'NoRoom',
          message: `What was written before holds: ${error.message}.`,
        };
      }
      if (dispositionOf(error) === 'forbidden') {
        const message = `The operator may not write annotations of Namespace ${namespace}.`;
        return { kind: 'NotWritten', reason: 'NotWritten', message };
      }
      throw error;
    }
  }

  #overridesOf({ metadata }: ChangeFreeze): RolloutOverride[] {
    return this.#options.overrides
      .list(metadata.namespace)
      .filter(({ spec }) => spec.changeFreezeName === metadata.name);
  }

  #weddingsOf({ metadata, spec }: ChangeFreeze) {
    if (spec.weddings === undefined) return [];
    return this.#options.weddings
      .list(metadata.namespace)
      .map((wedding) =>
        freezeWedding(wedding, weddingId(wedding.metadata.namespace, wedding.metadata.name, sha256Hex)),
      );
  }
}

const NOTHING_TO_WRITE: Written = { kind: 'Written' };
