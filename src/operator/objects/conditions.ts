import type { Condition } from '../../api/schema/fields.ts';

/** A condition before it is stamped; type and reason come from a catalogue of `api/v1alpha1/conditions.ts`. */
export interface Finding<Catalogue, Type extends keyof Catalogue = keyof Catalogue> {
  type: Type;
  status: Condition['status'];
  reason: Catalogue[Type] extends { reasons: infer Reasons } ? keyof Reasons : never;
  message: string;
}

/** A condition of one type with one of its own reasons; anything else does not compile. */
export type AnyFinding<Catalogue> = { [Type in keyof Catalogue]: Finding<Catalogue, Type> }[keyof Catalogue];

/** Stamps findings: `lastTransitionTime` moves only when the status of a condition does. */
export function stampConditions<Catalogue>(
  findings: readonly AnyFinding<Catalogue>[],
  before: readonly Condition[] | undefined,
  observedGeneration: number | undefined,
  now: string,
): Condition[] {
  return findings.map((finding) => {
    const type = String(finding.type);
    const earlier = before?.find((condition) => condition.type === type);
    return {
      type,
      status: finding.status,
      reason: String(finding.reason),
      message: finding.message,
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
      lastTransitionTime: earlier?.status === finding.status ? earlier.lastTransitionTime : now,
    };
  });
}
