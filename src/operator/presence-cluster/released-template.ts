import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import { contentHash } from '../content-hash.ts';
import type { Workload } from './observed.ts';

export interface Template {
  readonly hash: string;
  readonly template: unknown;
}

/**
 * What was released last to a workload that is there. When somebody took the annotation away or broke it, what runs is in
 * its place: a freeze must hold also then.
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

/** The pod template, or other object, in an annotation; undefined when somebody took it away or broke it. */
export function parseTemplate(text = ''): object | undefined {
  try {
    const template: unknown = JSON.parse(text);
    return typeof template === 'object' && template !== null ? template : undefined;
  } catch {
    return undefined;
  }
}
