import { describe, expect, it } from 'vitest';
import { MAX_REQUESTS, roomAt, WINDOW_MS } from './request-window.ts';

const burst = (at: number, count = MAX_REQUESTS) => Array.from({ length: count }, () => at);

describe('roomAt', () => {
  it('takes ten and refuses the eleventh until the window has passed', () => {
    expect(roomAt(burst(0, 9), 0)).toEqual({ kind: 'room' });
    expect(roomAt(burst(0), 1000)).toEqual({ kind: 'full', retryAfter: WINDOW_MS });
    expect(roomAt(burst(0), WINDOW_MS - 1)).toEqual({ kind: 'full', retryAfter: WINDOW_MS });
    expect(roomAt(burst(0), WINDOW_MS)).toEqual({ kind: 'room' });
  });

  it('slides: room comes back one by one', () => {
    const taken = Array.from({ length: MAX_REQUESTS }, (_, index) => index * 1000);
    expect(roomAt(taken, 20_000)).toEqual({ kind: 'full', retryAfter: 60_000 });
    expect(roomAt([...taken, 60_000], 60_500)).toEqual({ kind: 'full', retryAfter: 61_000 });
  });

  it('also counts requests that were made later and judged earlier', () => {
    expect(roomAt(burst(30_000), 10_000)).toMatchObject({ kind: 'full' });
    expect(roomAt(burst(70_000), 10_000)).toEqual({ kind: 'room' });
  });
});
