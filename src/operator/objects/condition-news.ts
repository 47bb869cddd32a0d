import type { Condition } from '../../api/schema/fields.ts';
import {
  type ConditionEntry,
  type ConditionEvent,
  PRESENCE_CLUSTER_CONDITIONS,
} from '../../api/v1alpha1/conditions.ts';

const CATALOGUE: Readonly<Record<string, ConditionEntry>> = PRESENCE_CLUSTER_CONDITIONS;

/** One change of a condition that becomes an event. */
export interface ConditionChange {
  readonly severity: 'Normal' | 'Warning';
  readonly condition: Condition;
}

/** One condition as it was and as it is. */
interface Look {
  readonly event: ConditionEvent;
  readonly condition: Condition;
  readonly earlier: Condition | undefined;
  readonly nowMs: number;
  /** The first look of this process: an earlier process announced the trouble that was due before. */
  readonly isFirst: boolean;
}

/**
 * Which changes of the conditions of one PresenceCluster are worth an event. Trouble is one when it has lasted, once for each
 * reason; its end is one when the trouble was. Pure but for its memory; time is an argument.
 */
export class ConditionNews {
  /** The reason of the last event, by condition type; absent while a condition is well. */
  readonly #announced = new Map<string, string>();
  /** Conditions that were well before they had the warning status. */
  readonly #fell = new Set<string>();
  #isFirst = true;

  /**
   * @param before the conditions that status showed
   * @param after the conditions that it shows now
   */
  changes(
    before: readonly Condition[] | undefined,
    after: readonly Condition[],
    now: Date,
  ): ConditionChange[] {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    return after.flatMap((condition) => {
      const event = Object.hasOwn(CATALOGUE, condition.type) ? CATALOGUE[condition.type]?.event : undefined;
      if (event === undefined) return [];
      const earlier = before?.find(({ type }) => type === condition.type);
      this.#noteFall(event, condition, earlier);
      const look = { event, condition, earlier, nowMs: now.getTime(), isFirst };
      return this.#isTrouble(event, condition) ? this.#trouble(look) : this.#relief(look);
    });
  }

  #noteFall({ warning }: ConditionEvent, { type, status }: Condition, earlier: Condition | undefined): void {
    if (status !== warning) this.#fell.delete(type);
    else if (earlier !== undefined && earlier.status !== warning) this.#fell.add(type);
  }

  /** Whether the condition has its warning status, for a reason that is a Warning. */
  #isTrouble({ warning, normal }: ConditionEvent, { type, status, reason }: Condition): boolean {
    if (status !== warning) return false;
    if (normal === undefined || !Object.hasOwn(normal, reason)) return true;
    return normal[reason] === 'UnlessItWasWell' && this.#fell.has(type);
  }

  #trouble({ event, condition, earlier, nowMs, isFirst }: Look): ConditionChange[] {
    const { type, status, reason } = condition;
    if (isSilent(event, reason) || this.#announced.get(type) === reason || nowMs < dueMs(event, condition))
      return [];
    this.#announced.set(type, reason);
    const isOld = earlier?.status === status && earlier.reason === reason;
    return isFirst && isOld ? [] : [{ severity: 'Warning', condition }];
  }

  #relief({ event, condition, earlier, nowMs, isFirst }: Look): ConditionChange[] {
    const { type, status, reason } = condition;
    const isChange = earlier?.status !== status || earlier.reason !== reason;
    const hasEnded =
      event.warning !== undefined && earlier?.status === event.warning && status !== event.warning;
    const wasAnnounced =
      this.#announced.has(type) || (isFirst && earlier !== undefined && nowMs >= dueMs(event, earlier));
    if (status !== event.warning) this.#announced.delete(type);
    if (!isChange || isSilent(event, reason)) return [];
    if (earlier === undefined && (status === event.initial || status === event.warning)) return [];
    // The end of trouble without an event is no event either.
    if (hasEnded && !wasAnnounced && event.initial !== undefined) return [];
    if (status === event.warning) this.#announced.set(type, reason);
    return [{ severity: 'Normal', condition }];
  }
}

function isSilent({ silent }: ConditionEvent, reason: string): boolean {
  return silent?.includes(reason) === true;
}

/** When trouble has lasted long enough for an event. */
function dueMs({ lasts }: ConditionEvent, { reason, lastTransitionTime }: Condition): number {
  return Date.parse(lastTransitionTime) + (lasts?.[reason] ?? lasts?.['*'] ?? 0) * 1000;
}
