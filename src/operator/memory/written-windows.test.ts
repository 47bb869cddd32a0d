import { describe, expect, it } from 'vitest';
import { WrittenWindows } from './written-windows.ts';

const MINUTE_MS = 60_000;
const WANTED = { windows: 'a', overrides: null };

describe('WrittenWindows', () => {
  it('is current for five minutes, and only for the same', () => {
    const written = new WrittenWindows();
    expect(written.isCurrent(undefined, 0)).toBe(false);
    written.note(WANTED, 0);
    expect(written.isCurrent(WANTED, 5 * MINUTE_MS - 1)).toBe(true);
    expect(written.isCurrent(WANTED, 5 * MINUTE_MS)).toBe(false);
    expect(written.isCurrent(undefined, 1)).toBe(false);
    expect(written.isCurrent({ windows: 'a', overrides: 'b' }, 1)).toBe(false);
  });

  it('tries again after a minute what could not be written, and keeps the reason until then', () => {
    const written = new WrittenWindows();
    written.note(WANTED, 0, 'refused');
    expect(written.isCurrent(WANTED, MINUTE_MS - 1)).toBe(true);
    expect(written.problem).toBe('refused');
    expect(written.isCurrent(WANTED, MINUTE_MS)).toBe(false);
    written.note(WANTED, MINUTE_MS);
    expect(written.problem).toBeUndefined();
  });
});
