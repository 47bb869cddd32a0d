import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { parseTemplate } from './released-template.ts';

/**
 * A Deployment or StatefulSet without its pod template where the annotation holds the released one: a reconcile reads that,
 * and the template itself only where the annotation is missing or broken. Other kinds as they are.
 */
export function trimWorkload(object: KubeObject): KubeObject {
  const spec = object.spec as { template?: unknown } | undefined;
  if (spec?.template === undefined) return object;
  if (parseTemplate(object.metadata.annotations?.[ANNOTATION.releasedTemplate]) === undefined) return object;
  const { template: _, ...lean } = spec;
  return { ...object, spec: lean };
}
