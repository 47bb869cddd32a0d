import { describe, expect, it } from 'vitest';
import { presenceCluster, wedding } from '../../../test/support/presence-cluster-builder.ts';
import { WeddingRegistry } from '../../presence/weddings/wedding-registry.ts';
import { WEDDINGS_FILE, weddingRoster } from './wedding-roster.ts';

const NOW = new Date('2027-06-05T10:00:00Z');
const owner = presenceCluster();
const textOf = (...weddings: ReturnType<typeof wedding>[]): string =>
  (weddingRoster(owner, weddings, NOW) as unknown as { data: Record<string, string> }).data[WEDDINGS_FILE] ??
  '';
const named = (name: string, spec: Parameters<typeof wedding>[0]) => {
  const made = wedding(spec);
  return { ...made, metadata: { ...made.metadata, name } };
};

describe('weddingRoster', () => {
  it('is what the presence server reads: when, whether it counts, and who is expected', () => {
    const book = new WeddingRegistry();
    book.load(
      textOf(
        named('today', { date: '2027-06-05', team: { photographer: 2, other: 1 } }),
        named('off', { date: '2027-06-05', state: 'Cancelled' }),
      ),
    );
    expect(book.team('today')).toEqual({ photographer: 2, other: 1 });
    expect([book.isClosed('today'), book.isClosed('off'), book.isClosed('unknown')]).toEqual([
      false,
      true,
      false,
    ]);
    const at = (text: string) => Date.parse(text);
    expect(book.isQuiet('today', at('2027-06-05T10:00:00Z'))).toBe(false);
    expect(book.isQuiet('today', at('2027-06-05T15:00:00Z'))).toBe(true);
    expect(book.warm(at('2027-06-05T15:00:00Z'))).toEqual(['today']);
    expect(book.warm(at('2027-06-04T10:00:00Z'))).toEqual([]);
  });

  it('names only the weddings of these days, in an order that does not change', () => {
    const weddings = ['2027-05-01', '2027-06-04', '2027-06-07', '2027-08-01'].map((date) =>
      named(`w-${date}`, { date }),
    );
    const names = Object.keys((JSON.parse(textOf(...weddings)) as { weddings: object }).weddings);
    expect(names).toEqual(['w-2027-06-04', 'w-2027-06-07']);
    expect(textOf(...weddings.toReversed())).toBe(textOf(...weddings));
  });

  it('leaves out a wedding that was not accepted', () => {
    expect(textOf(named('nowhere', { date: '2027-06-05', timeZone: 'Atlantis/Capital' }))).toBe(
      '{"weddings":{}}',
    );
  });
});

describe('WeddingRegistry', () => {
  it('keeps the last good edition when a broken one comes', () => {
    const book = new WeddingRegistry();
    book.load(textOf(named('today', { date: '2027-06-05' })));
    expect(() => book.load('{"weddings": {"x": 1}}')).toThrow();
    expect(() => book.load('')).toThrow();
    expect(book.size).toBe(1);
  });
});
