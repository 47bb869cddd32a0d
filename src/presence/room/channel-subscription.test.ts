import { describe, expect, it } from 'vitest';
import { ChannelSubscription } from './channel-subscription.ts';

/** Counts attempts; the first `failures` of them fail. */
function channel(failures = 0) {
  const seen = { attempts: 0 };
  const subscription = new ChannelSubscription(async () => {
    seen.attempts++;
    if (seen.attempts <= failures) throw new Error('Redis is away');
  });
  return { seen, subscription };
}

describe('ChannelSubscription', () => {
  it('makes one attempt for all callers', async () => {
    const { seen, subscription } = channel();
    await Promise.all([subscription.ensure(), subscription.ensure()]);
    await subscription.ensure();
    expect(seen.attempts).toBe(1);
  });

  it('tries again after a failure', async () => {
    const { seen, subscription } = channel(1);
    await expect(subscription.ensure()).rejects.toThrow('Redis is away');
    await subscription.ensure();
    expect(seen.attempts).toBe(2);
  });

  it('subscribes again after the third miss in a row, and only in a row', async () => {
    const { seen, subscription } = channel();
    await subscription.ensure();
    await subscription.noteBehind();
    await subscription.noteBehind();
    subscription.noteInStep();
    await subscription.noteBehind();
    await subscription.noteBehind();
    expect(seen.attempts).toBe(1);
    await subscription.noteBehind();
    expect(seen.attempts).toBe(2);
  });
});
