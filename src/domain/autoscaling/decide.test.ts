import { describe, expect, it } from 'vitest';
import { presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { formatInstant } from '../calendar/instant.ts';
import { type DecisionInput, decideReplicas } from './decide.ts';

const SATURDAY_DINNER = '2027-06-05T17:30:00Z';

function decide(
  scaling: Record<string, unknown>,
  at = SATURDAY_DINNER,
  more: Partial<DecisionInput> & { presence?: Record<string, unknown>; timeZone?: string } = {},
) {
  const { presence = {}, timeZone = 'Europe/London', ...input } = more;
  const spec = presenceClusterSpec.parse({
    timeZone,
    presence,
    scaling: { baselineReplicas: 4, minReplicas: 2, ...scaling },
  });
  return decideReplicas({ spec, now: new Date(at), ...input });
}

describe('decideReplicas in mode Multipliers', () => {
  it('explains the number by its arithmetic', () => {
    expect(decide({})).toMatchObject({
      floor: 24,
      desired: 24,
      write: 24,
      winner: 'Calendar',
      clamps: [],
      because: 'ceil(4 × 3 (June) × 2 (peak 18:00-20:00 Europe/London)) = 24',
      inputs: { baseline: 4, season: 3, month: 6, peak: 2 },
    });
  });

  it.each([
    ['just before the peak', '2027-06-05T16:59:59.999Z', 12],
    ['at its first instant', '2027-06-05T17:00:00Z', 24],
    ['at its last millisecond', '2027-06-05T18:59:59.999Z', 24],
    ['at its end', '2027-06-05T19:00:00Z', 12],
    ['in January', '2027-01-10T12:00:00Z', 5],
    ['on the last evening of a month, local time', '2027-05-31T22:59:59Z', 10],
    ['at the first instant of the next', '2027-05-31T23:00:00Z', 12],
  ])('%s', (_, at, replicas) => {
    expect(decide({}, at).desired).toBe(replicas);
  });

  it('is not led astray by binary fractions', () => {
    // 10 × 1.1 is 11.000000000000002 in binary.
    const exact = decide({ baselineReplicas: 10, seasonMultipliers: { '6': 1.1 }, peaks: [] });
    expect(exact.desired).toBe(11);
  });

  it('cuts at maxReplicas and says so', () => {
    expect(decide({ maxReplicas: 20 })).toMatchObject({
      floor: 20,
      desired: 20,
      winner: 'Calendar',
      clamps: [{ by: 'maxReplicas', from: 24, to: 20 }],
      because: expect.stringMatching(/= 24, cut to 20 by maxReplicas$/),
    });
  });

  it('raises to minReplicas and says so', () => {
    expect(decide({ baselineReplicas: 1, minReplicas: 7, peaks: [] })).toMatchObject({
      desired: 7,
      winner: 'Minimum',
      clamps: [{ by: 'minReplicas', from: 3, to: 7 }],
      because: 'ceil(1 × 3 (June) × 1 (no peak)) = 3, raised to 7 by minReplicas',
    });
  });

  it('says that a season is on its way to the next one', () => {
    const spec = presenceClusterSpec.parse({
      timeZone: 'UTC',
      scaling: {
        mode: 'Multipliers',
        baselineReplicas: 100,
        maxReplicas: 1000,
        seasonRampDays: 4,
        peaks: [],
      },
    });
    const decision = decideReplicas({ spec, now: new Date('2027-05-28T12:00:00Z') });
    expect(decision.because).toBe('ceil(100 × 2.6 (May to June) × 1 (no peak)) = 260');
    expect(decision.nextChange).toEqual({
      at: new Date('2027-05-29T00:00:00Z'),
      expect: 270,
      because: 'season 2.7 begins (May to June)',
    });
  });

  it('follows the southern table', () => {
    const southern = { seasonProfile: 'Southern', peaks: [] };
    expect(decide(southern, '2027-12-10T00:00:00Z', { timeZone: 'Pacific/Auckland' }).desired).toBe(12);
  });

  it('does not look at pods or weddings', () => {
    const known = decide({}, SATURDAY_DINNER, { current: 50, activeWeddings: 3, teamMembers: 70 });
    expect(known.desired).toBe(24);
    expect(known.inputs).toMatchObject({ current: 50, activeWeddings: 3, teamMembers: 70 });
  });
});

describe('decideReplicas in the other modes', () => {
  it('Off leaves the decision to spec.presence.replicas', () => {
    expect(decide({ mode: 'Off' }, SATURDAY_DINNER, { presence: { replicas: 5 } })).toMatchObject({
      floor: 24,
      desired: 5,
      write: 5,
      winner: 'Manual',
    });
    expect(decide({ mode: 'Off' }, SATURDAY_DINNER, { presence: { replicas: 0 } }).write).toBe(0);
  });

  it('Off without a number leaves the pods alone', () => {
    const decision = decide({ mode: 'Off' }, SATURDAY_DINNER, { current: 9 });
    expect(decision).toMatchObject({ desired: 9, winner: 'Current' });
    expect(decision.write).toBeUndefined();
    expect(decision.nextChange).toBeUndefined();
  });

  it('ForecastOnly computes and does not write', () => {
    const decision = decide({ mode: 'ForecastOnly' });
    expect(decision.desired).toBe(24);
    expect(decision.write).toBeUndefined();
  });

  it('ScaleOutOnly never goes below the pods there are, even above maxReplicas', () => {
    const mode = { mode: 'ScaleOutOnly', maxReplicas: 30 };
    expect(decide(mode, SATURDAY_DINNER, { current: 40 })).toMatchObject({
      floor: 24,
      write: 40,
      winner: 'Current',
    });
    expect(decide(mode, SATURDAY_DINNER, { current: 3 })).toMatchObject({ write: 24, winner: 'Calendar' });
  });
});

describe('nextChange', () => {
  const next = (...args: Parameters<typeof decide>) => {
    const change = decide(...args).nextChange;
    return change && { ...change, at: formatInstant(change.at) };
  };

  it('names the end of a peak', () => {
    expect(next({})).toEqual({
      at: '2027-06-05T19:00:00Z',
      expect: 12,
      because: 'peak 18:00-20:00 Europe/London ends',
    });
  });

  it('passes over boundaries that change nothing', () => {
    // Capped at 10 the evening peak of June makes no difference, and neither do May to September.
    expect(next({ maxReplicas: 10 })).toEqual({
      at: '2027-09-30T23:00:00Z',
      expect: 6,
      because: 'October begins',
    });
  });

  it('waits for the first rise in mode ScaleOutOnly', () => {
    expect(next({ mode: 'ScaleOutOnly' }, '2027-01-10T19:00:00Z', { current: 12 })).toMatchObject({
      at: '2027-03-01T18:00:00Z',
      expect: 15,
    });
  });

  it('is absent when nothing will ever change', () => {
    expect(next({ minReplicas: 60 })).toBeUndefined();
  });
});
