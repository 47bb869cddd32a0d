import { describe, expect, it } from 'vitest';
import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import { type AnnotationPatch, PROTECTING_ANNOTATIONS, podDisruptionPatch } from './pod-disruption.ts';

const SAFE = 'cluster-autoscaler.kubernetes.io/safe-to-evict';
const DISRUPT = 'karpenter.sh/do-not-disrupt';

/** What a JSON merge patch makes of annotations. */
function patched(
  annotations: Record<string, string>,
  patch: AnnotationPatch | undefined,
): Record<string, string> {
  const result = Object.entries({ ...annotations, ...patch }).filter(([, value]) => value !== null);
  return Object.fromEntries(result) as Record<string, string>;
}

function freezeAndThaw(annotations: Record<string, string>) {
  const frozen = patched(annotations, podDisruptionPatch(annotations, true));
  return { frozen, thawed: patched(frozen, podDisruptionPatch(frozen, false)) };
}

describe('podDisruptionPatch', () => {
  it.each<[string, Record<string, string>]>([
    ['no annotation', {}],
    ['others', { 'example.com/a': 'b' }],
    ['one of them by the template', { [SAFE]: 'false' }],
    ['both by the template', { [SAFE]: 'false', [DISRUPT]: 'true' }],
    ['the opposite by the template', { [SAFE]: 'true', [DISRUPT]: 'false' }],
  ])('protects and puts back what was there: %s', (_what, before) => {
    const { frozen, thawed } = freezeAndThaw(before);
    expect(frozen).toMatchObject(PROTECTING_ANNOTATIONS);
    expect(thawed).toEqual(before);
  });

  it('asks for nothing when all is as it should be', () => {
    expect(podDisruptionPatch(undefined, false)).toBeUndefined();
    expect(podDisruptionPatch({ [SAFE]: 'false', [DISRUPT]: 'true' }, false)).toBeUndefined();
    expect(podDisruptionPatch({ [SAFE]: 'false', [DISRUPT]: 'true' }, true)).toBeUndefined();
    expect(podDisruptionPatch(freezeAndThaw({}).frozen, true)).toBeUndefined();
  });

  it('leaves what somebody changed in the freeze, and protects again in it', () => {
    const changed = { ...freezeAndThaw({}).frozen, [SAFE]: 'true' };
    expect(patched(changed, podDisruptionPatch(changed, false))).toEqual({ [SAFE]: 'true' });
    expect(patched(changed, podDisruptionPatch(changed, true))).toMatchObject(PROTECTING_ANNOTATIONS);
  });

  it.each(['', 'null', '7', '{', '{"example.com/a":null}'])(
    'touches nothing else for a broken note: %j',
    (text) => {
      const annotations = { 'example.com/a': 'b', [SAFE]: 'false', [ANNOTATION.beforeFreeze]: text };
      expect(patched(annotations, podDisruptionPatch(annotations, false))).toEqual({
        'example.com/a': 'b',
        [SAFE]: 'false',
      });
    },
  );
});
