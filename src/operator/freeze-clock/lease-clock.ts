import { type LeaseState, leaseState } from '../../domain/freeze/clock/lease-state.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';

/** It is renewed every two seconds. A control plane that has stopped is noticed well before anybody counts on it. */
const LOOK_EVERY_MS = 10_000;

export interface LeaseClockOptions {
  client: KubeClient;
  /** Undefined: the policies have no clock. */
  lease: { namespace: string; name: string } | undefined;
  clock: Clock;
}

/** Looks at the Lease by which the admission policies tell the time, once for all PresenceClusters. */
export class LeaseClock {
  readonly #options: LeaseClockOptions;
  #state: LeaseState = { kind: 'Unknown' };
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(options: LeaseClockOptions) {
    this.#options = options;
  }

  /** What it was at most ten seconds ago. An API server in trouble changes nothing of what was known. */
  async look(): Promise<LeaseState> {
    const { lease, clock } = this.#options;
    if (lease === undefined) return { kind: 'Off' };
    if (clock.monotonicMs() - this.#lookedAtMs >= LOOK_EVERY_MS) {
      this.#looking ??= this.#read(lease).finally(() => {
        this.#looking = undefined;
      });
      await this.#looking;
    }
    return this.#state;
  }

  async #read({ namespace, name }: { namespace: string; name: string }): Promise<void> {
    const { client, clock } = this.#options;
    const lease = `${namespace}/${name}`;
    try {
      const found = await client.get<KubeObject & { spec?: { renewTime?: string } }>(
        builtin.Lease,
        namespace,
        name,
      );
      this.#state =
        found === undefined
          ? { kind: 'Unusable', lease, reason: 'LeaseNotFound' }
          : leaseState(lease, found.spec?.renewTime, clock.now());
    } catch (error) {
      if (dispositionOf(error) === 'forbidden')
        this.#state = { kind: 'Unusable', lease, reason: 'LeaseNotRead' };
    }
    this.#lookedAtMs = clock.monotonicMs();
  }
}
