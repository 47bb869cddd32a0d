import { describe, expect, it } from 'vitest';
import { aclFile } from './acl.ts';

const HASH = 'a'.repeat(64);
const HASHES = { operator: HASH, presence: HASH, probe: HASH, replication: HASH };

describe('aclFile', () => {
  it('switches the default user off and holds hashes, never passwords', () => {
    const lines = aclFile(HASHES, 'valkey').trimEnd().split('\n');
    expect(lines[0]).toBe('user default reset off');
    expect(lines.slice(1).map((line) => line.split(' ').slice(0, 5))).toEqual(
      ['operator', 'presence', 'probe', 'replication'].map((name) => [
        'user',
        name,
        'reset',
        'on',
        `#${HASH}`,
      ]),
    );
  });

  it('lets a user have several passwords, and demands one', () => {
    const other = 'b'.repeat(64);
    expect(aclFile({ ...HASHES, presence: [HASH, other] }, 'valkey')).toContain(
      `user presence reset on #${HASH} #${other} `,
    );
    expect(() => aclFile({ ...HASHES, presence: [] }, 'valkey')).toThrow(/user presence/);
  });

  it.each(['', 'secret', 'A'.repeat(64), 'a'.repeat(63)])('refuses %j as a hash, and says whose', (hash) => {
    expect(() => aclFile({ ...HASHES, probe: hash }, 'redis')).toThrow(/user probe/);
  });
});
