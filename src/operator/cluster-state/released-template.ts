import { ANNOTATION, LABEL } from '../../api/v1alpha1/names.ts';
import { contentHash } from '../objects/content-hash.ts';
import type { Workload } from './observed.ts';

export interface Template {
  readonly hash: string;
  readonly template: unknown;
}

/**
 * The template that was released last to an existing workload. When the annotation was removed or damaged, the running template takes
 * its place: a freeze must hold then, too.
 */
export function releasedTemplate(live: Workload, wanted?: Template & { text: string }): Template {
  const { [ANNOTATION.releasedTemplate]: text, [ANNOTATION.templateHash]: hash } =
    live.metadata.annotations ?? {};
  // Almost always; saves reading it.
  if (wanted !== undefined && text === wanted.text) return wanted;
  const template = parseTemplate(text);
  if (template !== undefined) return { hash: contentHash(template), template };
  return { hash: hash ?? contentHash(live.spec.template), template: live.spec.template };
}

/** The last template with which every pod became ready; undefined when it is the released one, or there was none. */
export function goodTemplate(live: Workload | undefined): Template | undefined {
  const template = parseTemplate(live?.metadata.annotations?.[ANNOTATION.goodTemplate]);
  return template === undefined ? undefined : { hash: contentHash(template), template };
}

export interface OfSiblings {
  /** The shards that are there. */
  readonly siblings: readonly Workload[];
  /** Label of the shard that the template is for. */
  readonly shard: string;
}

/**
 * The template to come back to of a shard that has none of its own, because it is new or never had a better one: that of the
 * first sibling that remembers one, or has come back to it, as it is for this shard.
 *
 * @param failed hash of the template for this shard that the spec asks for
 */
export function goodOfSiblings({ siblings, shard }: OfSiblings, failed: string): Template | undefined {
  const remembered = siblings.map(goodTemplate);
  const released = siblings.map((each) => releasedTemplate(each));
  return [...remembered, ...released]
    .flatMap((each) => (each === undefined ? [] : [forShard(each, shard)]))
    .find(({ hash }) => hash !== failed);
}

/** What the first sibling was released, as it is for this shard; undefined without siblings. */
export function releasedOfSiblings({ siblings: [first], shard }: OfSiblings): Template | undefined {
  return first && forShard(releasedTemplate(first), shard);
}

/** Templates of two shards differ in the label of the shard alone, on the pod and where its peers are named. */
function forShard({ template }: Template, shard: string): Template {
  const text = JSON.stringify(template, (key, value: unknown) => (key === LABEL.shard ? shard : value));
  const moved: unknown = JSON.parse(text);
  return { hash: contentHash(moved), template: moved };
}

/** The pod template, or other object, in an annotation; undefined when it was removed or damaged. */
export function parseTemplate(text = ''): object | undefined {
  try {
    const template: unknown = JSON.parse(text);
    return typeof template === 'object' && template !== null ? template : undefined;
  } catch {
    return undefined;
  }
}
