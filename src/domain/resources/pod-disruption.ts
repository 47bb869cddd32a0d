import { ANNOTATION } from '../../api/v1alpha1/names.ts';

/**
 * Annotations that keep a running pod where it is: the cluster autoscaler does not drain its node, Karpenter does not
 * disrupt it. On the pod itself, because in the template they would roll it.
 * Source: https://karpenter.sh/docs/concepts/disruption/#pod-level-controls and the FAQ of the cluster autoscaler.
 */
export const PROTECTING_ANNOTATIONS: Readonly<Record<string, string>> = {
  'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
  'karpenter.sh/do-not-disrupt': 'true',
};

type Annotations = Readonly<Record<string, string>>;
/** A JSON merge patch of annotations: null takes one away. */
export type AnnotationPatch = Record<string, string | null>;

/**
 * What to change on a live pod so that it is protected, or no longer; undefined when it is as it should be. The earlier
 * value is kept in an annotation of ours and comes back: a value that a user put into the template stays the user's.
 */
export function podDisruptionPatch(
  annotations: Annotations | undefined = {},
  frozen: boolean,
): AnnotationPatch | undefined {
  return frozen ? protect(annotations) : release(annotations);
}

function protect(annotations: Annotations): AnnotationPatch | undefined {
  const missing = Object.entries(PROTECTING_ANNOTATIONS).filter(([key, value]) => annotations[key] !== value);
  if (missing.length === 0) return undefined;
  const before = { ...parseBefore(annotations[ANNOTATION.beforeFreeze]) };
  for (const [key] of missing) before[key] = before[key] ?? annotations[key] ?? null;
  return { ...Object.fromEntries(missing), [ANNOTATION.beforeFreeze]: JSON.stringify(before) };
}

function release(annotations: Annotations): AnnotationPatch | undefined {
  const text = annotations[ANNOTATION.beforeFreeze];
  if (text === undefined) return undefined;
  const patch: AnnotationPatch = { [ANNOTATION.beforeFreeze]: null };
  for (const [key, value] of Object.entries(parseBefore(text))) {
    // A later change by a user has the last word.
    if (annotations[key] === PROTECTING_ANNOTATIONS[key]) patch[key] = value;
  }
  return patch;
}

/** The earlier values of the protected annotations; empty for text that cannot be parsed, so nothing is touched. */
function parseBefore(text = '{}'): AnnotationPatch {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof found !== 'object' || found === null) return {};
  return Object.fromEntries(
    Object.entries(found).filter(
      ([key, value]) => key in PROTECTING_ANNOTATIONS && (value === null || typeof value === 'string'),
    ),
  );
}
