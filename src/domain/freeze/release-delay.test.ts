import { describe, expect, it } from 'vitest';
import { LONGEST_RELEASE_DELAY_SECONDS, releaseDelayMs } from './release-delay.ts';
import { rolloutGate } from './rollout-gate.ts';

const END = new Date('2027-06-06T04:00:00Z');
const frozen = { active: true, until: END, reason: '1 wedding', weddings: ['5f2a'] };
const open = { active: false, weddings: [] };
const DELAY = 2_700;

const gateAt = (time: string, held: string | undefined, freeze: typeof frozen | typeof open = open) =>
  rolloutGate({
    freeze,
    overrides: [],
    published: undefined,
    releaseDelayMs: DELAY,
    now: new Date(time),
    heldUntil: held === undefined ? undefined : new Date(held),
  });

describe('releaseDelayMs', () => {
  it('is the same for a uid, within 4 s, and spread over each of them', () => {
    const delays = Array.from({ length: 1000 }, (_, index) => releaseDelayMs(`uid-${index}`));
    expect(delays).toEqual(Array.from({ length: 1000 }, (_, index) => releaseDelayMs(`uid-${index}`)));
    expect(Math.max(...delays)).toBeLessThanOrEqual(LONGEST_RELEASE_DELAY_SECONDS * 1000);
    for (let second = 0; second < LONGEST_RELEASE_DELAY_SECONDS; second += 1) {
      const share = delays.filter((delay) => Math.floor(delay / 1000) === second).length;
      expect(share).toBeGreaterThan(180);
    }
  });
});

describe('the gate of rollouts around the end of a freeze', () => {
  it('says in the freeze when the rollout goes out', () => {
    expect(gateAt('2027-06-06T03:00:00Z', undefined, frozen)).toMatchObject({
      active: true,
      until: new Date('2027-06-06T04:00:02.700Z'),
    });
  });

  it('holds what is held until then, to the millisecond, though status shows seconds', () => {
    const held = '2027-06-06T04:00:02Z';
    expect(gateAt('2027-06-06T04:00:00Z', held)).toMatchObject({
      active: true,
      until: new Date('2027-06-06T04:00:02.700Z'),
    });
    expect(gateAt('2027-06-06T04:00:02.699Z', held).active).toBe(true);
    expect(gateAt('2027-06-06T04:00:02.700Z', held).active).toBe(false);
  });

  it('holds nothing that is not held already, nor after a freeze that was called off', () => {
    expect(gateAt('2027-06-06T04:00:00Z', undefined)).toBe(open);
    expect(gateAt('2027-06-05T20:00:00Z', '2027-06-06T04:00:02Z')).toBe(open);
  });
});
