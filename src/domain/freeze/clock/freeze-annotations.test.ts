import { describe, expect, it } from 'vitest';
import {
  MAX_OPEN_OVERRIDES,
  MAX_WEDDINGS_LISTED,
  MAX_WINDOWS,
  type RolloutFreezeSpec,
} from '../../../api/v1alpha1/rollout-freeze.ts';
import { formatInstant } from '../../calendar/instant.ts';
import { freezeAnnotations } from './freeze-annotations.ts';

const HOUR_MS = 3_600_000;
const NOON = new Date('2027-06-05T12:00:00Z');
const at = (hours: number) => formatInstant(NOON.getTime() + hours * HOUR_MS);
const window = (from: number, until: number, more: object = {}) => ({
  from: at(from),
  until: at(until),
  reason: '2 weddings',
  weddings: ['5f2a', '81cc'],
  ...more,
});
const override = (more: object = {}) => ({
  name: 'incident',
  user: 'on call@example.org',
  ticket: 'OPS-1234',
  scope: ['Delete', 'Evict'] as ('Delete' | 'Evict')[],
  from: at(-1),
  until: at(1),
  ...more,
});
const spec = (more: Partial<RolloutFreezeSpec>): RolloutFreezeSpec => ({
  windows: [],
  phase: 'Open',
  floor: 4,
  overrides: [],
  ...more,
});

describe('freezeAnnotations', () => {
  it('has each window on a line, with the reasons of the next three', () => {
    const windows = [window(1, 2), window(3, 4), window(5, 6), window(7, 8)];
    expect(freezeAnnotations(spec({ windows }), NOON)).toEqual({
      windows: [
        'seen=1970-01-01T00:00:00Z floor=4',
        '2027-06-05T13:00:00Z/2027-06-05T14:00:00Z 2 weddings: 5f2a 81cc',
        '2027-06-05T15:00:00Z/2027-06-05T16:00:00Z 2 weddings: 5f2a 81cc',
        '2027-06-05T17:00:00Z/2027-06-05T18:00:00Z 2 weddings: 5f2a 81cc',
        '2027-06-05T19:00:00Z/2027-06-05T20:00:00Z',
      ].join('\n'),
      overrides: null,
    });
  });

  it('says that a freeze has begun, from its first instant to its last, and the same all the time', () => {
    const windows = [window(0, 1)];
    const seen = (now: Date) => freezeAnnotations(spec({ windows }), now).windows.slice(0, 25);
    expect(seen(new Date(NOON.getTime() - 1))).toBe('seen=1970-01-01T00:00:00Z');
    expect(seen(NOON)).toBe('seen=2027-06-05T12:00:00Z');
    expect(seen(new Date(NOON.getTime() + HOUR_MS - 1))).toBe('seen=2027-06-05T12:00:00Z');
    expect(seen(new Date(NOON.getTime() + HOUR_MS))).toBe('seen=1970-01-01T00:00:00Z');
  });

  it('differs from the RolloutFreeze where the phase rules as well, by a line that is no window', () => {
    const windows = [window(1, 2)];
    const [alone, together] = [false, true].map(
      (phaseToo) => freezeAnnotations(spec({ windows }), NOON, phaseToo).windows,
    );
    expect(together).toBe(`${alone}\nthe phase rules, too`);
  });

  it('has each open override on a line, the user last', () => {
    const overrides = [override(), override({ ticket: 'see  the\nchat' })];
    expect(freezeAnnotations(spec({ overrides }), NOON).overrides?.split('\n')).toEqual([
      'until=2027-06-05T13:00:00Z scope=Delete,Evict name=incident ticket=OPS-1234 user=on call@example.org',
      'until=2027-06-05T13:00:00Z scope=Delete,Evict name=incident ticket=see_the_chat user=on call@example.org',
    ]);
  });

  it('keeps a reason with line breaks on its line, and leaves out weddings where there are none', () => {
    const windows = [window(1, 2, { reason: 'closed\n2000-01-01', weddings: [] })];
    expect(freezeAnnotations(spec({ windows }), NOON).windows.split('\n').slice(1)).toEqual([
      '2027-06-05T13:00:00Z/2027-06-05T14:00:00Z closed 2000-01-01',
    ]);
  });

  it('stays within what the policies look at, with everything full', () => {
    const full = {
      reason: 'r'.repeat(256),
      weddings: Array.from({ length: MAX_WEDDINGS_LISTED }, () => 'w'.repeat(64)),
    };
    const windows = Array.from({ length: MAX_WINDOWS }, (_, index) => window(2 * index, 2 * index + 1, full));
    const overrides = Array.from({ length: MAX_OPEN_OVERRIDES }, () =>
      override({ name: 'n'.repeat(253), user: 'u'.repeat(512), ticket: 't'.repeat(128) }),
    );
    const { windows: text, overrides: open } = freezeAnnotations(spec({ windows, overrides }), NOON);
    expect(Buffer.byteLength(text)).toBeLessThan(16 * 1024);
    expect(Buffer.byteLength(open ?? '')).toBeLessThan(40 * 1024);
  });
});
