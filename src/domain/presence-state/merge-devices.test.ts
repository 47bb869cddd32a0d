import { describe, expect, it } from 'vitest';
import type { Entry } from './entry.ts';
import { mergeDevices } from './merge-devices.ts';

const entry = (more: Partial<Entry>): Entry => ({
  user: 'ann',
  body: { role: 'planner' },
  pod: 'p',
  state: 'present',
  since: 10,
  updatedAt: 10,
  version: 1,
  ...more,
});

describe('mergeDevices', () => {
  it('is undefined without connections', () => {
    expect(mergeDevices([])).toBeUndefined();
  });

  it('shows the device that was updated last, and the arrival of the first', () => {
    const phone = entry({ body: { role: 'planner', status: 'phone' }, since: 5, updatedAt: 30 });
    const tablet = entry({ body: { role: 'planner', status: 'tablet' }, since: 7, updatedAt: 20 });
    expect(mergeDevices([tablet, phone])).toEqual({
      user: 'ann',
      role: 'planner',
      state: 'present',
      status: 'phone',
      since: 5,
      updatedAt: 30,
      devices: 2,
    });
  });

  it('keeps the arrival of the person when the first connection has ended', () => {
    expect(mergeDevices([entry({ since: 20, personSince: 5 })])).toMatchObject({ since: 5 });
    expect(mergeDevices([entry({ since: 20, personSince: 5 }), entry({ since: 4 })])).toMatchObject({
      since: 4,
    });
  });

  it('keeps the status of the device that was updated last while that one reconnects', () => {
    const gone = entry({
      state: 'reconnecting',
      reason: 'lost',
      updatedAt: 99,
      body: { role: 'planner', status: 'gone' },
    });
    const here = entry({ body: { role: 'planner', status: 'here' } });
    expect(mergeDevices([gone, here])).toMatchObject({ state: 'present', status: 'gone', devices: 1 });
    expect(mergeDevices([gone, here])).not.toHaveProperty('reason');
    expect(mergeDevices([gone])).toMatchObject({ state: 'reconnecting', reason: 'lost', devices: 0 });
  });

  it('orders updates of the same millisecond by their number', () => {
    const first = entry({ version: 3, body: { role: 'planner', status: 'first' } });
    const second = entry({ version: 4, body: { role: 'planner', status: 'second' } });
    expect(mergeDevices([second, first])?.status).toBe('second');
    expect(mergeDevices([first, second])?.status).toBe('second');
  });
});
