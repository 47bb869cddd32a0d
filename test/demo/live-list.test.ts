import { describe, expect, it } from 'vitest';
import type { Member } from '../../src/api/protocol/member.ts';
import { LiveList, listLines } from './live-list.ts';

const member = (user: string, since: number, more: Partial<Member> = {}): [string, Member] => [
  user,
  { user, role: 'catering', state: 'present', since, updatedAt: since, devices: 1, ...more },
];

describe('the live list of the demo', () => {
  it('has a line for each person as they came, why somebody is away, and who is missing', () => {
    const members = new Map([
      member('bob', 2, { name: 'Bob', status: 'cake is here' }),
      member('ann', 1, { role: 'planner' }),
      member('eve', 3, { state: 'reconnecting', reason: 'lost', status: 'old', devices: 0 }),
    ]);
    expect(listLines({ wedding: 'w', members, team: { catering: 2, planner: 1 } })).toEqual([
      'w: 2 present, 1 reconnecting',
      '  ● ann           planner       ',
      '  ● Bob           catering      cake is here',
      '  ○ eve           catering      reconnecting (lost)',
      '  missing: 1 catering',
    ]);
  });

  it('misses nobody when all are there, and says nothing where it is not known who is expected', () => {
    const members = new Map([member('ann', 1)]);
    expect(listLines({ wedding: 'w', members, team: { catering: 1 } }).at(-1)).toBe('  missing: nobody');
    expect(listLines({ wedding: 'w', members, team: undefined })).toHaveLength(2);
  });

  it('is drawn over itself on a terminal, below itself in a file, and once while it stays the same', () => {
    for (const [isTTY, back] of [
      [true, '\u001b[2A\u001b[J'],
      [false, ''],
    ] as const) {
      const written: string[] = [];
      const list = new LiveList({ isTTY, write: (text) => written.push(text) });
      for (const lines of [['one', 'two'], ['one', 'two'], ['three']]) list.draw(lines);
      expect(written).toHaveLength(2);
      expect(written[0]).toMatch(/one.*\n {4}two\n$/);
      expect(written[1]?.startsWith(`${back}    `)).toBe(true);
      expect(written[1]).toContain('three');
    }
  });
});
