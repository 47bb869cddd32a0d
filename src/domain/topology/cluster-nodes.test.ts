import { describe, expect, it } from 'vitest';
import { formatAddress, inHandshake, looksFailed, parseClusterNodes } from './cluster-nodes.ts';

const ID = 'e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca';
const OTHER = '07c37dfeb235213a872192d90877d0cd55635b91';

describe('parseClusterNodes', () => {
  it('reads the row of a primary with slots, a migrating and an importing one', () => {
    const row = `${ID} 10.0.0.1:6379@16379 myself,master - 0 0 12 connected 0-5460 5470 [93->-${OTHER}] [77-<-${OTHER}]`;
    expect(parseClusterNodes(`${row}\n`)).toEqual([
      {
        id: ID,
        address: { host: '10.0.0.1', port: 6379 },
        busPort: 16_379,
        flags: ['myself', 'master'],
        role: 'primary',
        configEpoch: 12,
        linkState: 'connected',
        slots: [
          { start: 0, end: 5460 },
          { start: 5470, end: 5470 },
        ],
        moves: [
          { slot: 93, direction: 'migrating', peerId: OTHER },
          { slot: 77, direction: 'importing', peerId: OTHER },
        ],
      },
    ]);
  });

  it('reads a failed replica with hostname and auxiliary fields, by IPv6', () => {
    const endpoint = 'fd00::7:6380@16380,redis-0-1.redis,shard-id=69bc080733d1355567173199cff4a6a039a2f024';
    const [member] = parseClusterNodes(`${OTHER} ${endpoint} slave,fail ${ID} 1 2 3 disconnected\r\n`);
    expect(member).toMatchObject({
      address: { host: 'fd00::7', port: 6380 },
      busPort: 16_380,
      hostname: 'redis-0-1.redis',
      role: 'replica',
      primaryId: ID,
      linkState: 'disconnected',
      slots: [],
    });
    expect(member && looksFailed(member)).toBe(true);
    expect(member && formatAddress(member.address)).toBe('[fd00::7]:6380');
  });

  it('reads members without an address and in a handshake', () => {
    const members = parseClusterNodes(
      [
        `${ID} :0@0 master,noaddr - 1 1 1 disconnected 0-5`,
        `${OTHER} 10.0.0.2:6379@16379 handshake - 1 0 0 disconnected`,
      ].join('\n'),
    );
    expect(members.map((member) => member.address.host)).toEqual(['', '10.0.0.2']);
    expect(members.map(looksFailed)).toEqual([true, false]);
    expect(members.map(inHandshake)).toEqual([false, true]);
  });

  it.each([
    'ERR This instance has cluster support disabled',
    `${ID} nowhere master - 0 0 1 connected`,
    `${ID} 10.0.0.1:6379@16379 master - 0 0 1 connected 5-16384`,
  ])('says what it cannot read: %s', (text) => {
    expect(() => parseClusterNodes(text)).toThrow(SyntaxError);
  });
});
