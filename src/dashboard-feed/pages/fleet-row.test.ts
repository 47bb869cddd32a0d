import { describe, expect, it } from 'vitest';
import { NOON, presenceCluster, wedding } from '../../../test/support/presence-cluster-builder.ts';
import type { Condition } from '../../api/schema/fields.ts';
import { emptyInventory } from '../../reports/inventory.ts';
import { fleetRow } from './fleet-row.ts';

const condition = (type: string, status: Condition['status'], reason: string): Condition => ({
  type,
  status,
  reason,
  message: 'a sentence',
  lastTransitionTime: '2027-06-05T10:00:00Z',
});

function rowOf(conditions: Condition[] | undefined, now = NOON) {
  const status = conditions === undefined ? {} : { status: { conditions } };
  const inventory = { ...emptyInventory('cluster'), weddings: [wedding()] };
  return fleetRow(presenceCluster({}, status), inventory, now);
}

describe('fleetRow', () => {
  it('is Unknown without a status', () => {
    expect(rowOf(undefined)).toMatchObject({ state: 'Unknown', troubles: [], waits: [], isStale: false });
  });

  it('says why it is not ready, and what else is in trouble', () => {
    const row = rowOf([
      condition('Ready', 'False', 'ReplicasMissing'),
      condition('RedisReplicated', 'False', 'ReplicasMissing'),
    ]);
    expect(row).toMatchObject({
      state: 'NotReady',
      stateBecause: 'ReplicasMissing: a sentence',
      troubles: ['ReplicasMissing: a sentence'],
      waits: [],
    });
  });

  it('waits with a change that is held, and not with a condition in trouble', () => {
    const held = condition('RolloutHeld', 'True', 'Waiting');
    expect(rowOf([condition('Ready', 'True', 'Ready'), held])).toMatchObject({
      state: 'Ready',
      troubles: [],
      waits: ['Waiting: a sentence'],
    });
    expect(rowOf([condition('RolloutHeld', 'False', 'NoRolloutHeld')]).waits).toEqual([]);
  });

  it('needs attention where it is ready and another condition is in trouble', () => {
    const row = rowOf([
      condition('Ready', 'True', 'Ready'),
      condition('RedisReplicated', 'False', 'ReplicasMissing'),
    ]);
    expect(row.state).toBe('Attention');
  });

  it('counts the weddings that are on, and their people', () => {
    const { weddingsOn, people } = rowOf([], new Date('2027-06-05T20:00:00Z'));
    expect([weddingsOn, people]).toEqual([1, 10]);
    expect(rowOf([]).weddingsOn).toBe(0);
  });
});
