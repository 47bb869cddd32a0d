/**
 * Marks a union of an integer and a string, which a structural schema cannot spell out.
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#intorstring
 */
export const INT_OR_STRING_MARK = 'x-kubernetes-int-or-string';
export const INT_OR_STRING = { [INT_OR_STRING_MARK]: true } as const;
