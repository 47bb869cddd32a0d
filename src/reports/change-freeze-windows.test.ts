import { describe, expect, it } from 'vitest';
import { API_VERSION } from '../api/schema/group.ts';
import { type ChangeFreezeStatus, changeFreezeSpec } from '../api/v1alpha1/change-freeze.ts';
import type { ChangeFreeze } from '../api/v1alpha1/kinds.ts';
import { changeFreezeWindows } from './change-freeze-windows.ts';
import { emptyInventory } from './inventory.ts';

const NOW = new Date('2027-06-01T10:00:00Z');
const window = (name: string, from: string, until: string) => ({ name, from, until, reason: name });
const WRITTEN = {
  from: '2027-06-04T16:00:00Z',
  until: '2027-06-07T07:00:00Z',
  reason: 'written',
  weddings: [],
};

function changeFreeze(status?: ChangeFreezeStatus): ChangeFreeze {
  return {
    apiVersion: API_VERSION,
    kind: 'ChangeFreeze',
    metadata: { name: 'weekend', namespace: 'shop' },
    spec: changeFreezeSpec.parse({
      allWorkloads: true,
      windows: [window('spec', '2027-06-05T00:00:00Z', '2027-06-06T00:00:00Z')],
    }),
    ...(status === undefined ? {} : { status }),
  };
}

const STATUS: ChangeFreezeStatus = { phase: 'Open', windows: [WRITTEN], knownUntil: '2027-06-29T00:00:00Z' };
const reasons = (object: ChangeFreeze, from = NOW, source: 'cluster' | 'files' = 'cluster') => {
  const found = changeFreezeWindows(emptyInventory(source), object, from, NOW);
  return [found.source, ...found.windows.map(({ reason }) => reason)];
};

describe('changeFreezeWindows', () => {
  it('takes what the operator wrote, as far as it reaches', () => {
    expect(reasons(changeFreeze(STATUS))).toEqual(['Status', 'written']);
    expect(reasons(changeFreeze(STATUS), new Date('2027-06-08T00:00:00Z'))).toEqual(['Status']);
  });

  it.each([
    ['without a status', changeFreeze(), NOW, 'cluster'],
    ['of files', changeFreeze(STATUS), NOW, 'files'],
    ['of the past', changeFreeze(STATUS), new Date('2027-05-20T00:00:00Z'), 'cluster'],
  ] as const)('computes from the spec: %s', (_what, object, from, source) => {
    expect(reasons(object, from, source)).toEqual(['Spec', 'spec: spec']);
  });

  it('says why it does not hold', () => {
    const conditions = [
      {
        type: 'Ready',
        status: 'False',
        reason: 'NotEnforced',
        message: 'no Lease',
        lastTransitionTime: '2027-06-01T00:00:00Z',
      },
    ];
    const object = changeFreeze({ ...STATUS, conditions } as ChangeFreezeStatus);
    const later = new Date('2027-07-10T00:00:00Z');
    for (const at of [NOW, later]) {
      const { problem } = changeFreezeWindows(emptyInventory('cluster'), object, at, NOW);
      expect(problem).toBe('NotEnforced: no Lease');
    }
  });
});
