import type { Manifest } from '../../../domain/resources/manifest.ts';
import { childKey, type Observed, type Workload } from '../../cluster-state/observed.ts';
import { releasedTemplate } from '../../cluster-state/released-template.ts';
import { contentHash } from '../../objects/content-hash.ts';

interface Template {
  readonly spec: { readonly priorityClassName?: string };
}

/**
 * Gives pods whose spec names no priority class that of the operator. A workload that runs with exactly this template, but without the
 * class, stays as it is: an upgrade of the operator rolls no pods. The class comes with the next change of the template, which a freeze
 * holds like any other. Pure.
 *
 * @param workloads all of one component, which get it together
 */
export function withDefaultPriority(
  workloads: readonly Manifest[],
  { children }: Pick<Observed, 'children'>,
  className: string | undefined,
): readonly Manifest[] {
  if (className === undefined) return workloads;
  const isNamed = workloads.some((each) => templateOf(each).spec.priorityClassName !== undefined);
  const runsWithout = workloads.some((each) => {
    const live = children.get(childKey(each)) as Workload | undefined;
    return live !== undefined && releasedTemplate(live).hash === contentHash(templateOf(each));
  });
  if (isNamed || runsWithout) return workloads;
  return workloads.map((each) => {
    const template = templateOf(each);
    const spec = { ...template.spec, priorityClassName: className };
    return { ...each, spec: { ...(each.spec as object), template: { ...template, spec } } };
  });
}

function templateOf({ spec }: Manifest): Template {
  return (spec as { template: Template }).template;
}
