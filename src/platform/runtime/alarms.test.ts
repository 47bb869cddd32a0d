import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { systemClock } from './clock.ts';

const HOUR_MS = 3_600_000;

let clock: ManualClock;
let fired: string[];

beforeEach(() => {
  clock = new ManualClock('2027-06-05T17:00:00Z');
  fired = [];
});

function alarm(at: string): () => void {
  return clock.setAlarm(new Date(`2027-06-05T${at}Z`), () => {
    fired.push(`${at} at ${clock.now().toISOString().slice(11, 23)}`);
  });
}

describe('an alarm', () => {
  it('fires to the millisecond while the clock runs evenly, each once and in order', async () => {
    alarm('18:00:00.007');
    alarm('17:30:00.000');
    await clock.advance(2 * HOUR_MS);
    expect(fired).toEqual(['17:30:00.000 at 17:30:00.000', '18:00:00.007 at 18:00:00.007']);
    expect(clock.pending).toBe(0);
  });

  it('fires within a second after the clock was set forward past it', async () => {
    alarm('18:00:00');
    await clock.advance(500);
    clock.shiftWall(2 * HOUR_MS);
    await clock.advance(1_000);
    expect(fired).toHaveLength(1);
  });

  it('fires within a second after the machine slept past it', async () => {
    alarm('18:00:00');
    await clock.advance(500);
    // The wall clock went on; timers did not.
    clock.shiftWall(8 * HOUR_MS);
    await clock.advance(1_000);
    expect(fired).toHaveLength(1);
  });

  it('fires within a second after the clock was set back far, so that what was decided by it is decided anew', async () => {
    alarm('18:00:00');
    await clock.advance(500);
    clock.shiftWall(-HOUR_MS);
    await clock.advance(1_000);
    expect(fired).toHaveLength(1);
  });

  it('notices that also when another alarm is set in between', async () => {
    alarm('18:00:00');
    await clock.advance(500);
    clock.shiftWall(-HOUR_MS);
    alarm('16:30:00');
    await clock.advance(1_000);
    expect(fired).toHaveLength(2);
    alarm('16:40:00');
    await clock.advance(2_000);
    expect(fired).toHaveLength(2);
  });

  it('waits for its instant after the clock was set back a little', async () => {
    alarm('18:00:00');
    await clock.advance(HOUR_MS - 2_000);
    clock.shiftWall(-30_000);
    await clock.advance(30_000);
    expect(fired).toEqual([]);
    await clock.advance(2_000);
    expect(fired).toEqual(['18:00:00 at 18:00:00.000']);
  });

  it('in the past fires at once; one that is cancelled never, and leaves no timer', async () => {
    alarm('16:00:00');
    const cancel = alarm('17:00:01');
    cancel();
    await clock.advance(10_000);
    expect(fired).toEqual(['16:00:00 at 17:00:00.000']);
    expect(clock.pending).toBe(0);
  });

  it('may set the next one from its callback', async () => {
    clock.setAlarm(new Date('2027-06-05T17:00:10Z'), () => alarm('17:00:20'));
    await clock.advance(30_000);
    expect(fired).toEqual(['17:00:20 at 17:00:20.000']);
  });

  it('refuses a date that is none', () => {
    expect(() => clock.setAlarm(new Date('soon'), () => undefined)).toThrow(RangeError);
  });

  it('works on the clock of this machine', async () => {
    const at = new Date(Date.now() + 30);
    await new Promise<void>((resolve) => systemClock.setAlarm(at, resolve));
    expect(Date.now()).toBeGreaterThanOrEqual(at.getTime());
  });
});
