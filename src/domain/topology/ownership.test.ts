import { describe, expect, it } from 'vitest';
import type { ClusterMember } from './cluster-nodes.ts';
import type { ObservedTopology, ReachableNode } from './observed.ts';
import { slotOwners, slotsByOwner, slotsCovered, unassignedSlots } from './ownership.ts';
import { SLOT_COUNT, type SlotRange } from './slots.ts';

const [FIRST, SECOND, THIRD] = [
  { start: 0, end: 5460 },
  { start: 5461, end: 10922 },
  { start: 10923, end: 16383 },
] as const;

function row(id: string, slots: SlotRange[], configEpoch: number, flags = ['master']): ClusterMember {
  return {
    id,
    slots,
    configEpoch,
    flags,
    address: { host: `10.0.0.${id.length}`, port: 6379 },
    busPort: 16379,
    role: 'primary',
    linkState: 'connected',
    moves: [],
  };
}

function node(id: string, table: ClusterMember[]): ReachableNode {
  const own = table.find((member) => member.id === id);
  return {
    pod: id,
    shard: 0,
    terminating: false,
    reachable: true,
    id,
    role: 'primary',
    serving: true,
    address: { host: '10.0.0.1', port: 6379 },
    busPort: 16379,
    table,
    slots: own?.slots ?? [],
    configEpoch: own?.configEpoch ?? 0,
    engine: { name: 'valkey', version: '9.1.2' },
  };
}

const ROWS = [row('a', [FIRST], 1), row('b', [SECOND], 2), row('c', [THIRD], 3)];
const agreed = (...extra: ReachableNode[]): ObservedTopology => ({
  nodes: [...ROWS.map(({ id }) => node(id, ROWS)), ...extra],
});

function covered(observed: ObservedTopology): number {
  return slotsCovered(observed.nodes as ReachableNode[], slotOwners(observed));
}

describe('slotOwners', () => {
  it('is what all agree on', () => {
    const owners = slotOwners(agreed());
    expect(owners).toHaveLength(SLOT_COUNT);
    expect([owners[0], owners[5460], owners[5461], owners[16383]]).toEqual(['a', 'a', 'b', 'c']);
    expect(unassignedSlots(owners)).toEqual([]);
    expect([...slotsByOwner(owners)]).toEqual([
      ['a', [FIRST]],
      ['b', [SECOND]],
      ['c', [THIRD]],
    ]);
  });

  it('lets the highest epoch hold where they contradict each other', () => {
    const stale = node('b', ROWS);
    const fresh = node('d', [row('d', [FIRST], 4), row('a', [], 1)]);
    expect(slotOwners({ nodes: [fresh, stale] })[0]).toBe('d');
    expect(slotOwners({ nodes: [stale, fresh] })[0]).toBe('d');
  });

  it('believes, at equal epochs, what a node says of itself', () => {
    const nodes = [node('a', [row('a', [FIRST], 1)]), node('b', [row('x', [FIRST], 1)])];
    expect(slotOwners({ nodes })[0]).toBe('a');
    expect(slotOwners({ nodes: nodes.toReversed() })[0]).toBe('a');
  });

  it('knows the slots of a node that does not answer from the others', () => {
    const owners = slotOwners({ nodes: [node('a', ROWS)] });
    expect(slotsByOwner(owners).get('c')).toEqual([THIRD]);
  });

  it('tells the slots that nobody owns', () => {
    const owners = slotOwners({ nodes: [node('a', [row('a', [{ start: 10, end: 16380 }], 1)])] });
    expect(unassignedSlots(owners)).toEqual([
      { start: 0, end: 9 },
      { start: 16381, end: 16383 },
    ]);
    expect(unassignedSlots(slotOwners({ nodes: [] }))).toEqual([{ start: 0, end: SLOT_COUNT - 1 }]);
  });

  it('keeps the ranges of one owner apart where another has slots between', () => {
    const ends = [
      row(
        'a',
        [
          { start: 0, end: 0 },
          { start: 2, end: 16383 },
        ],
        1,
      ),
      row('b', [{ start: 1, end: 1 }], 2),
    ];
    expect(slotsByOwner(slotOwners({ nodes: [node('a', ends)] })).get('a')).toEqual([
      { start: 0, end: 0 },
      { start: 2, end: 16383 },
    ]);
  });
});

describe('slotsCovered', () => {
  it('is everything when all agree', () => {
    expect(covered(agreed())).toBe(SLOT_COUNT);
  });

  it('is nothing before the nodes have met, although every slot has an owner', () => {
    const observed = { nodes: ROWS.map((own) => node(own.id, [own])) };
    expect(unassignedSlots(slotOwners(observed))).toEqual([]);
    expect(covered(observed)).toBe(0);
  });

  it('is nothing when nobody answers', () => {
    expect(slotsCovered([], slotOwners({ nodes: [] }))).toBe(0);
  });

  it('leaves out the slots of a primary that is dead', () => {
    const nodes = ['a', 'b'].map((id) => node(id, ROWS));
    expect(covered({ nodes })).toBe(SLOT_COUNT - 5461);
  });

  it('leaves out the slots of a primary that others take for dead, although it answers', () => {
    const suspicious = ROWS.map((own) => (own.id === 'c' ? { ...own, flags: ['master', 'fail'] } : own));
    const nodes = [node('a', suspicious), node('b', ROWS), node('c', ROWS)];
    expect(covered({ nodes })).toBe(SLOT_COUNT - 5461);
  });

  it('counts a planned failover of which some have not heard: the old primary lives and passes clients on', () => {
    const after = [row('a', [], 1, ['slave']), row('d', [FIRST], 4), ...ROWS.slice(1)];
    const nodes = [node('a', after), node('d', after), node('b', ROWS), node('c', after)];
    expect(covered({ nodes })).toBe(SLOT_COUNT);
  });

  it('does not count an unplanned one of which some have not heard: they send clients to the dead', () => {
    const after = [row('d', [FIRST], 4), ...ROWS.slice(1)];
    const nodes = [node('d', after), node('b', ROWS), node('c', after)];
    expect(covered({ nodes })).toBe(SLOT_COUNT - 5461);
  });

  it('does not ask newcomers and replicas, which no client does either', () => {
    const newcomer = node('new', [row('new', [], 0)]);
    expect(covered(agreed(newcomer))).toBe(SLOT_COUNT);
  });
});
