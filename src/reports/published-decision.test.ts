import { describe, expect, it } from 'vitest';
import { loadLines } from './published-decision.ts';

const decidedAt = '2027-06-05T12:00:00Z';
const fleets = {
  since: '2027-06-01T00:05:00Z',
  hours: 107.92,
  presence: { podHours: 400 },
  staticPeak: { podHours: 900.5 },
  hpa70: { podHours: 500 },
};

describe('the lines about the load', () => {
  it('say what the pods cost beside others', () => {
    const lines = loadLines({ decidedAt, cost: { ...fleets, bestHpa: { podHours: 450, target: 80 } } });
    expect(lines.at(-1)).toBe(
      'Cost:         400 pod-hours in 107.92 h since 2027-06-01T00:05:00Z; static peak 900.5, HPA 70 % 500, best HPA (80 %) 450',
    );
  });

  it('have money where there are prices, and say that no HorizontalPodAutoscaler served all', () => {
    const cost = { ...fleets, currency: 'EUR', presence: { podHours: 400, amount: 20 } };
    const line = loadLines({ decidedAt, cost }).at(-1);
    expect(line).toContain('400 pod-hours (20.00 EUR) in');
    expect(line).toContain(', no HPA served all');
  });

  it('are silent about the cost before an hour is known', () => {
    expect(loadLines({ decidedAt }).join()).not.toContain('Cost');
  });
});
