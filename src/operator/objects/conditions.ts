import type { Condition } from '../../api/schema/fields.ts';

/** A condition before it is stamped; type and reason come from a catalogue of `api/v1alpha1/conditions.ts`. */
export interface ConditionOf<Catalogue, Type extends keyof Catalogue = keyof Catalogue> {
  type: Type;
  status: Condition['status'];
  reason: Catalogue[Type] extends { reasons: infer Reasons } ? keyof Reasons : never;
  message: string;
}

/** A condition of one type with one of its own reasons; anything else does not compile. */
export type AnyCondition<Catalogue> = {
  [Type in keyof Catalogue]: ConditionOf<Catalogue, Type>;
}[keyof Catalogue];

/** Stamps conditions: `lastTransitionTime` moves only when the status of a condition does. */
export function stampConditions<Catalogue>(
  unstamped: readonly AnyCondition<Catalogue>[],
  before: readonly Condition[] | undefined,
  observedGeneration: number | undefined,
  now: string,
): Condition[] {
  return unstamped.map((condition) => {
    const type = String(condition.type);
    const earlier = before?.find((each) => each.type === type);
    return {
      type,
      status: condition.status,
      reason: String(condition.reason),
      message: condition.message,
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
      lastTransitionTime: earlier?.status === condition.status ? earlier.lastTransitionTime : now,
    };
  });
}
