import { describe, expect, it } from 'vitest';
import { API_VERSION } from '../../api/schema/group.ts';
import type { RolloutOverride } from '../../api/v1alpha1/kinds.ts';
import { rolloutOverrideSpec } from '../../api/v1alpha1/rollout-override.ts';
import { openOverrides, overrideEnd } from './override.ts';

const CREATED = '2027-06-05T20:00:00Z';

function override(expiresAt: string, metadata: Partial<RolloutOverride['metadata']> = {}): RolloutOverride {
  return {
    apiVersion: API_VERSION,
    kind: 'RolloutOverride',
    metadata: { name: 'incident', namespace: 'weddings', creationTimestamp: CREATED, ...metadata },
    spec: rolloutOverrideSpec.parse({
      presenceClusterName: 'wedsync',
      reason: 'the key leaked',
      ticket: 'OPS-1',
      requestedBy: 'ada',
      expiresAt,
      scope: ['Rollout', 'Delete'],
    }),
  };
}

const at = (time: string) => new Date(`2027-06-05T${time}Z`);

describe('an override', () => {
  it('ends when it says, and four hours after it was made at the latest', () => {
    expect(overrideEnd(override('2027-06-05T21:00:00Z'))).toEqual(at('21:00:00'));
    expect(overrideEnd(override('2027-06-09T21:00:00Z'))).toEqual(new Date('2027-06-06T00:00:00Z'));
    expect(overrideEnd(override('2027-06-05T22:00:00+02:00'))).toEqual(at('20:00:00'));
  });

  it('is open until the last millisecond before its end', () => {
    const overrides = [override('2027-06-05T21:00:00Z')];
    expect(openOverrides(overrides, at('20:59:59.999'))).toEqual([
      {
        name: 'incident',
        user: 'ada',
        ticket: 'OPS-1',
        scope: ['Delete', 'Rollout'],
        from: CREATED,
        until: '2027-06-05T21:00:00Z',
      },
    ]);
    expect(openOverrides(overrides, at('21:00:00'))).toEqual([]);
  });

  it('opens nothing while it is being deleted, or before it was stored', () => {
    const later = '2027-06-05T21:00:00Z';
    const { creationTimestamp: _, ...unstored } = override(later).metadata;
    const overrides = [
      override(later, { deletionTimestamp: CREATED }),
      { ...override(later), metadata: unstored },
    ];
    expect(openOverrides(overrides, at('20:30:00'))).toEqual([]);
  });

  it('is listed in the order of making, 32 at most', () => {
    const overrides = Array.from({ length: 40 }, (_, index) =>
      override('2027-06-05T21:00:00Z', {
        name: `o-${index}`,
        creationTimestamp: `2027-06-05T20:00:${String(59 - index).padStart(2, '0')}Z`,
      }),
    );
    const names = openOverrides(overrides, at('20:30:00')).map(({ name }) => name);
    expect(names).toEqual(Array.from({ length: 32 }, (_, index) => `o-${39 - index}`));
  });
});
