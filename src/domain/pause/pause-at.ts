import { instant } from '../../api/schema/fields.ts';
import { type Paused, type PauseScope, paused as pausedSchema } from '../../api/v1alpha1/lifecycle/paused.ts';
import { formatInstant } from '../calendar/instant.ts';

export interface ActivePause {
  readonly active: true;
  readonly scope: PauseScope;
  /** Whether the Redis Cluster is still repaired. */
  readonly healing: boolean;
  /** When it ends by itself. */
  readonly until?: Date;
  readonly by: 'spec.paused' | 'annotation';
}

export interface NoPause {
  readonly active: false;
  /** When the last one ended; absent when there is none. */
  readonly ended?: Date;
  /** Why what was asked for is no pause, in one sentence. */
  readonly problem?: string;
}

export type PauseState = ActivePause | NoPause;

export interface PauseInput {
  /** `spec.paused` as it is stored, also of a spec that is not accepted: a pause must not wait for another field. */
  readonly paused: unknown;
  /** Value of the annotation `presence.wedsync.io/paused-until`. */
  readonly annotation: string | undefined;
  readonly now: Date;
}

/** The pause that is on. Of two, spec.paused goes first. An end in the past ends it at once: a clock decides, and no one is locked out. */
export function pauseAt({ paused, annotation, now }: PauseInput): PauseState {
  const bySpec = ofSpec(paused, now);
  if (bySpec.active) return bySpec;
  const byAnnotation = ofAnnotation(annotation, now);
  return byAnnotation.active || byAnnotation.problem !== undefined || bySpec.ended === undefined
    ? byAnnotation
    : bySpec;
}

export function pausesRollouts(pause: PauseState): pause is ActivePause {
  return pause.active && pause.scope !== 'Scaling';
}

export function pausesScaling(pause: PauseState): pause is ActivePause {
  return pause.active && pause.scope !== 'Rollouts';
}

/** Objects are neither applied nor deleted. */
export function pausesObjects(pause: PauseState): pause is ActivePause {
  return pause.active && pause.scope === 'All';
}

export function pausesHealing(pause: PauseState): boolean {
  return pause.active && !pause.healing;
}

/** `until 2027-06-05T18:00:00Z`, or what ends it. */
export function pauseEnd({ until, by }: ActivePause): string {
  if (until !== undefined) return `until ${formatInstant(until)}`;
  return `until ${by === 'annotation' ? 'the annotation' : by} is removed`;
}

function ofSpec(value: unknown, now: Date): PauseState {
  const parsed = pausedSchema.safeParse(value);
  if (!parsed.success || parsed.data === false) return { active: false };
  const { until, scope, healing } = requestOf(parsed.data);
  return pauseUntil(until, now, { scope, healing, by: 'spec.paused' });
}

function requestOf(paused: Exclude<Paused, false>): Exclude<Paused, boolean> {
  return paused === true ? { scope: 'All', healing: true } : paused;
}

/** Always with an end: an annotation is easily forgotten, and Git does not show it. */
function ofAnnotation(value: string | undefined, now: Date): PauseState {
  if (value === undefined) return { active: false };
  if (!instant.safeParse(value).success) {
    const problem = `The annotation paused-until is not an instant such as 2027-06-05T18:00:00Z: nothing is paused by it.`;
    return { active: false, problem };
  }
  return pauseUntil(value, now, { scope: 'All', healing: true, by: 'annotation' });
}

function pauseUntil(
  until: string | undefined,
  now: Date,
  pause: Pick<ActivePause, 'scope' | 'healing' | 'by'>,
): PauseState {
  if (until === undefined) return { active: true, ...pause };
  const end = new Date(until);
  return end > now ? { active: true, ...pause, until: end } : { active: false, ended: end };
}
