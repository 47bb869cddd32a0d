import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lookAhead, mostSteps } from './look-ahead.ts';

const seconds = (max: number) => fc.integer({ min: 0, max });
const leads = fc.record({
  startupSeconds: seconds(3600),
  lagSeconds: seconds(600),
  tickSeconds: fc.integer({ min: 1, max: 300 }),
});
const step = fc.integer({ min: 1, max: 7200 });

describe('lookAhead', () => {
  it('reaches until pods of the next decision would be ready (37)', () => {
    fc.assert(
      fc.property(leads, step, seconds(7800), (lead, stepSeconds, age) => {
        const { lead: steps, hold } = lookAhead(lead, age, stepSeconds);
        expect(steps * stepSeconds).toBeGreaterThanOrEqual(age + lead.startupSeconds + lead.tickSeconds);
        expect(hold).toBeGreaterThanOrEqual(steps);
      }),
    );
  });

  it('never asks for more steps than were announced', () => {
    fc.assert(
      fc.property(
        leads,
        step,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (lead, stepSeconds, share) => {
          const age = lead.lagSeconds + share * stepSeconds;
          expect(lookAhead(lead, age, stepSeconds).hold).toBeLessThanOrEqual(mostSteps(lead, stepSeconds));
        },
      ),
    );
  });
});
