import type { ChangeFreezeSpec } from '../../api/v1alpha1/change-freeze.ts';

export type LabelSelector = NonNullable<ChangeFreezeSpec['selector']>;

export interface Requirement {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  values: readonly string[];
}

/** All requirements of a selector, in its order; none: everything matches. */
export function requirementsOf(selector: LabelSelector | undefined): Requirement[] {
  return [
    ...Object.entries(selector?.matchLabels ?? {}).map(
      ([key, value]): Requirement => ({ key, operator: 'In', values: [value] }),
    ),
    ...(selector?.matchExpressions ?? []).map(
      ({ key, operator, values = [] }): Requirement => ({ key, operator, values }),
    ),
  ];
}

/** Whether labels meet a selector, as Kubernetes matches them: NotIn is met by an object without the label. */
export function selects(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>> = {},
): boolean {
  return requirementsOf(selector).every((requirement) => isMet(requirement, labels[requirement.key]));
}

function isMet({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}
