import { describe, expect, it } from 'vitest';
import { goalsOf } from './goals.ts';
import { chooseRows, type Row } from './rows.ts';

const rows = (...partial: readonly object[]): Row[] => partial as unknown as Row[];
const verdicts = (...partial: readonly object[]) => goalsOf(rows(...partial)).map(({ verdict }) => verdict);

function steady(server: string, p99Ms: number, more: object = {}): object {
  return {
    scenario: 'steady',
    server,
    connections: 2_000,
    p99Ms,
    serverCpuMicrosPerDelivery: 20,
    usedBytesPerFurtherConnection: 4_000,
    ...more,
  };
}

describe('the goals', () => {
  it('are those of the rows that are there', () => {
    expect(goalsOf([])).toEqual([]);
    expect(goalsOf(rows(steady('ours', 3)))).toEqual([]);
  });

  it('compare the medians of the rounds with the peers of the same run', () => {
    const peers = [steady('socket.io', 4), steady('ws', 2)];
    const [socketIo, floor, cpu] = goalsOf(rows(steady('ours', 3), steady('ours', 3.4), ...peers));
    expect(socketIo).toMatchObject({ measured: '0.80', verdict: 'ok' });
    expect(floor).toMatchObject({ measured: '1.60', verdict: 'MISSED' });
    expect(cpu).toMatchObject({ measured: '1.00', verdict: 'ok' });
  });

  it.each([
    ['ok', 1_500, 'nodes', 'nodes'],
    ['MISSED', 1_400, 'nodes', 'driver'],
    ['ok', 1_500, 'other programs', 'nodes'],
    ['not shown', 1_400, 'driver', 'nodes'],
    ['not shown', 1_500, 'nodes', 'driver'],
  ])('call a capacity %s only when more of the other would change nothing', (verdict, rate, ours, peer) => {
    const capacity = (server: string, of: number, limit: string) => ({
      scenario: 'capacity',
      server,
      rate: of,
      limit,
    });
    expect(verdicts(capacity('ours', rate, ours), capacity('socket.io', 1_000, peer))).toEqual([verdict]);
  });

  it('say nothing about lanes when there was no overload', () => {
    const lanes = (nodeCores: number) => ({
      scenario: 'lanes',
      server: 'ours',
      nodeCores,
      lanes: [{ lane: 1, p99Ms: 10 }],
      waits: [{ lane: 3, p99Ms: 1_000 }],
    });
    expect(verdicts(lanes(0.98))).toEqual(['ok', 'MISSED']);
    expect(verdicts(lanes(0.3))).toEqual(['not shown', 'not shown']);
  });

  it('miss a cache that was not asked', () => {
    const row = { scenario: 'caches', caches: [{ cache: 'wedding', hits: 0, misses: 0, stale: 0 }] };
    expect(verdicts(row)).toEqual(['MISSED']);
  });
});

describe('the choice of rows', () => {
  it('is all of them without a list, and refuses what is none', () => {
    expect(chooseRows(undefined)).toContain('idle');
    expect(chooseRows('idle, steady')).toEqual(['steady', 'idle']);
    expect(() => chooseRows('idel')).toThrow('there is no row "idel"');
  });
});
