import { describe, expect, it } from 'vitest';
import { WeddingRegistry } from './wedding-registry.ts';

const MINUTE = 60_000;
const ceremony = Date.parse('2027-06-05T13:30:00Z');
const end = Date.parse('2027-06-06T00:00:00Z');

const edition = (weddings: Record<string, object>): string => JSON.stringify({ weddings });
const wedding = (more: object = {}): object => ({
  from: new Date(ceremony).toISOString(),
  until: new Date(end).toISOString(),
  state: 'Confirmed',
  team: { photographer: 2 },
  ...more,
});

describe('WeddingRegistry', () => {
  it('keeps rooms warm from 90 minutes before the ceremony to the end', () => {
    const book = new WeddingRegistry();
    book.load(edition({ ada: wedding(), off: wedding({ state: 'Cancelled' }) }));
    const at = [ceremony - 90 * MINUTE - 1, ceremony - 90 * MINUTE, end - 1, end];
    expect(at.map((now) => book.warm(now))).toEqual([[], ['ada'], ['ada'], []]);
  });

  it('keeps at most 200 rooms warm, those that start first', () => {
    const book = new WeddingRegistry();
    const later = (index: number) => new Date(ceremony - index * 1_000).toISOString();
    const many = Array.from({ length: 300 }, (_, index) => [`w${index}`, wedding({ from: later(index) })]);
    book.load(edition(Object.fromEntries(many)));
    const warm = book.warm(ceremony);
    expect(warm).toHaveLength(200);
    expect([warm[0], warm.at(-1)]).toEqual(['w299', 'w100']);
  });

  it('protects clients from a rebalance from an hour before the ceremony to the end', () => {
    const book = new WeddingRegistry();
    book.load(edition({ ada: wedding() }));
    const at = [ceremony - 60 * MINUTE - 1, ceremony - 60 * MINUTE, end - 1, end];
    expect(at.map((now) => book.isQuiet('ada', now))).toEqual([false, true, true, false]);
    expect(book.isQuiet('unknown', ceremony)).toBe(false);
  });

  it('closes a wedding that is done or cancelled, and stays when a new version is invalid', () => {
    const book = new WeddingRegistry();
    book.load(edition({ done: wedding({ state: 'Done' }), ada: wedding() }));
    expect(() => book.load(edition({ ada: { state: 'Maybe' } }))).toThrow();
    expect(['done', 'ada', 'unknown'].map((name) => book.isClosed(name))).toEqual([true, false, false]);
    expect(book.team('ada')).toEqual({ photographer: 2 });
  });
});
