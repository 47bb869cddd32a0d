import { describe, expect, it } from 'vitest';
import {
  NOON,
  observed,
  pod,
  presenceCluster,
  wedding,
} from '../../../test/support/presence-cluster-builder.ts';
import { PROTECTING_ANNOTATIONS } from '../../domain/resources/pod-disruption.ts';
import type { Observed } from '../cluster-state/observed.ts';
import type { Pod } from '../cluster-state/pod.ts';
import { decide } from './plan/decide.ts';
import { podsToPatch } from './protect-pods.ts';

const { spec } = presenceCluster();

function patches(pods: Partial<Pick<Observed, 'redisPods' | 'presencePods'>>, frozen: boolean) {
  const seen = {
    ...observed({ now: NOON, weddings: frozen ? [wedding()] : [] }),
    redisPods: [],
    presencePods: [],
    ...pods,
  };
  return podsToPatch({ observed: seen, decision: decide(seen, spec) }).map(
    ({ pod: { metadata }, annotations }) => [metadata.name, annotations] as const,
  );
}

const annotated = (target: Pod, annotations: Record<string, string>): Pod => ({
  ...target,
  metadata: { ...target.metadata, annotations },
});

describe('podsToPatch', () => {
  it('marks Redis and presence pods in a freeze, and none outside', () => {
    const pods = { redisPods: [pod('r', 'redis')], presencePods: [pod('p', 'presence')] };
    const found = patches(pods, true);
    expect(found.map(([name]) => name)).toEqual(['r', 'p']);
    for (const [, annotations] of found) expect(annotations).toMatchObject(PROTECTING_ANNOTATIONS);
    expect(patches(pods, false)).toEqual([]);
  });

  it('takes the marks away after it, from pods that carry ours alone', () => {
    const [[, marks]] = patches({ presencePods: [pod('p', 'presence')] }, true) as [
      readonly [string, object],
    ];
    const ours = annotated(pod('ours', 'presence'), marks as Record<string, string>);
    const users = annotated(pod('users', 'presence'), { ...PROTECTING_ANNOTATIONS });
    expect(patches({ presencePods: [ours, users] }, true)).toEqual([]);
    expect(patches({ presencePods: [ours, users] }, false).map(([name]) => name)).toEqual(['ours']);
  });

  it('leaves pods that are going or finished', () => {
    const going = pod('going', 'presence', { deletionTimestamp: '2027-06-05T11:00:00Z' });
    const finished = pod('finished', 'presence', { status: { phase: 'Failed' } });
    expect(patches({ presencePods: [going, finished] }, true)).toEqual([]);
  });
});
