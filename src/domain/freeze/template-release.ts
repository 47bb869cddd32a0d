import type { FreezeState } from './freeze-at.ts';

/** `status.held[].fields` of a PresenceCluster has room for so many entries of that length. */
const MAX_FIELDS = 32;
const MAX_FIELD_LENGTH = 256;

export interface ReleaseInput {
  /** Kind and name, for example `Deployment/wedsync-presence`. */
  workload: string;
  /** Hash of the pod template that the spec asks for. */
  desiredHash: string;
  /** Hash of the template that was released last; undefined when the workload was never made. */
  releasedHash?: string | undefined;
  /** Paths of the template that differ. */
  changedFields: readonly string[];
  freeze: FreezeState;
  /** Since when the change is held already. */
  since?: Date | undefined;
  now: Date;
}

export interface HeldTemplate {
  workload: string;
  since: Date;
  /** When the freeze ends. */
  until?: Date;
  fields: string[];
}

/** Whether the wanted pod template may go out. */
export type ReleaseDecision = { release: true } | { release: false; held: HeldTemplate };

/** A freeze holds changes of a template back; it never holds back what is not there yet. */
export function decideRelease(input: ReleaseInput): ReleaseDecision {
  const { workload, desiredHash, releasedHash, freeze } = input;
  if (releasedHash === undefined || releasedHash === desiredHash || !freeze.active) return { release: true };
  return {
    release: false,
    held: {
      workload,
      since: input.since ?? input.now,
      ...(freeze.until === undefined ? {} : { until: freeze.until }),
      fields: input.changedFields
        .slice(0, MAX_FIELDS)
        .map((field) =>
          field.length > MAX_FIELD_LENGTH ? `${field.slice(0, MAX_FIELD_LENGTH - 1)}…` : field,
        ),
    },
  };
}
