import { describe, expect, it } from 'vitest';
import { BookedLoad } from './booked-load.ts';
import { learnDemand, NO_KNOWLEDGE } from './demand-learner.ts';
import { PRIOR_PROFILE, PROFILE_KNOTS, shareAt } from './presence-profile.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

describe('the profile of a wedding', () => {
  it.each([
    [-361, 0],
    [-200, 0.4],
    [-60, 0.95],
    [0, 0.95],
    [360, 0.95],
    [480, 0.475],
    [720, 0],
  ])('is at minute %i as assumed', (minute, share) => {
    expect(shareAt(PRIOR_PROFILE, minute * MINUTE_MS)).toBeCloseTo(share, 2);
  });

  it('has its knots in order', () => {
    expect(
      PROFILE_KNOTS.every((minute, index) => index === 0 || minute > (PROFILE_KNOTS[index - 1] ?? 0)),
    ).toBe(true);
    for (const [knot, minute] of PROFILE_KNOTS.entries()) {
      expect(shareAt(PRIOR_PROFILE, minute * MINUTE_MS)).toBeCloseTo(PRIOR_PROFILE.shares[knot] ?? -1, 9);
    }
  });

  it('is learned from the load of some Saturdays, and the load of no wedding apart from it', () => {
    const truth = (minutes: number): number =>
      minutes < -300 || minutes >= 600 ? 0 : minutes < -60 ? 0.2 : 0.7;
    let knowledge = NO_KNOWLEDGE;
    const week = 7 * 24 * HOUR_MS;
    for (let saturday = 0; saturday < 16; saturday += 1) {
      const ceremony = saturday * week;
      const bookings = Array.from({ length: 10 }, (_, index) => ({
        id: `${index}`,
        ceremony: ceremony + index * 30 * MINUTE_MS,
        ends: ceremony + 12 * HOUR_MS,
        people: 20,
      }));
      const booked = BookedLoad.of(bookings, knowledge.profile, { from: ceremony, until: ceremony });
      for (let at = ceremony - 24 * HOUR_MS; at < ceremony + 24 * HOUR_MS; at += 5 * MINUTE_MS) {
        const load = bookings.reduce((sum, each) => sum + 20 * truth((at - each.ceremony) / MINUTE_MS), 30);
        knowledge = learnDemand(knowledge, booked, at, load);
      }
    }
    for (const each of knowledge.elsewhere) expect(Math.abs(each - 30)).toBeLessThan(6);
    // Sixteen Saturdays bring it well more than halfway from what was assumed: 0.4 and 0.95.
    expect(Math.abs(shareAt(knowledge.profile, -150 * MINUTE_MS) - 0.2)).toBeLessThan(0.1);
    expect(Math.abs(shareAt(knowledge.profile, 200 * MINUTE_MS) - 0.7)).toBeLessThan(0.1);
  });
});
