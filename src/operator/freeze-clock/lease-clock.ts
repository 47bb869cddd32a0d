import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import { type LeaseState, leaseState } from '../../domain/freeze/clock/lease-state.ts';
import {
  asSeen,
  type ClockAnswer,
  type ClockFindings,
  noteAnswer,
} from '../../domain/freeze/clock/seen-clock.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';

/** It is renewed every two seconds. A control plane that has stopped is noticed well before anybody counts on it. */
const LOOK_EVERY_MS = 10_000;

/** Nothing waits for the answer. A question that takes longer says nothing about the time. */
const ASK_TIMEOUT_MS = 5000;

/** How policy clock-check of the chart answers. */
const ANSWER = /the policies see a Lease of (\S{1,64}|no time)/;

/** Name of the Lease that the policy clock-check refuses (`presence-operator.clockCheck` in the chart). There never is one. */
export function clockCheckName(operator: string): string {
  return `${operator}-clock-check`;
}

export interface LeaseClockOptions {
  client: Pick<KubeClient, 'get' | 'create'>;
  /** Undefined: the policies have no clock. */
  lease: { namespace: string; name: string } | undefined;
  /** The Lease that is never made, for which the policies say what they see. */
  check: { namespace: string; name: string };
  clock: Pick<Clock, 'now' | 'monotonicMs'>;
}

/**
 * Looks at the Lease by which the admission policies tell the time, and asks an API server which Lease its policies see: it may have
 * stopped following it (kubernetes#130887). Once for all PresenceClusters.
 */
export class LeaseClock {
  readonly #options: LeaseClockOptions;
  #state: LeaseState = { kind: 'Unknown' };
  #findings: ClockFindings = {};
  #isAsking = false;
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
    return asSeen(this.#state, this.#findings, clock.monotonicMs());
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
      const renewTime = found?.spec?.renewTime;
      this.#state =
        found === undefined
          ? { kind: 'Unusable', lease, reason: 'LeaseNotFound' }
          : leaseState(lease, renewTime, clock.now());
      if (renewTime !== undefined && this.#state.kind === 'Renewed') void this.#ask(new Date(renewTime));
    } catch (error) {
      if (dispositionOf(error) === 'forbidden')
        this.#state = { kind: 'Unusable', lease, reason: 'LeaseNotRead' };
    }
    this.#lookedAtMs = clock.monotonicMs();
  }

  /** One API server at a time may be slow or dead, so nothing waits for this: what it finds is for the next look. */
  async #ask(renewedAt: Date): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const { clock } = this.#options;
    const answer = await this.#answer();
    this.#findings = noteAnswer(this.#findings, answer, renewedAt, clock.monotonicMs());
    this.#isAsking = false;
  }

  async #answer(): Promise<ClockAnswer> {
    const { client, check } = this.#options;
    const question = { apiVersion: 'coordination.k8s.io/v1', kind: builtin.Lease.kind, metadata: check };
    try {
      await client.create(question, {
        fieldManager: FIELD_MANAGER.freeze,
        dryRun: true,
        newConnection: true,
        timeoutMs: ASK_TIMEOUT_MS,
      });
      return { kind: 'Silent' };
    } catch (error) {
      const [, renewTime] = ANSWER.exec(error instanceof KubeError ? error.message : '') ?? [];
      return renewTime === undefined ? { kind: 'Unanswered' } : { kind: 'Seen', renewTime };
    }
  }
}
