import { describe, expect, it } from 'vitest';
import { LONGEST_LEAD_SECONDS, leadOf, learnLead, NO_LEAD } from './lead-time.ts';

const start = (ready: number, seconds: number) => ({
  created: (ready - seconds) * 1000,
  ready: ready * 1000,
});

describe('the lead', () => {
  it('is assumed before five starts were seen', () => {
    const four = learnLead(
      NO_LEAD,
      [1000, 1001, 1002, 1003].map((at) => start(at, 9)),
    );
    expect(leadOf(four)).toEqual({ seconds: 285, samples: 0 });
    expect(leadOf(learnLead(four, [start(1004, 9)]))).toEqual({ seconds: 114, samples: 5 });
  });

  it('is that of the slow starts, and counts each once', () => {
    const starts = Array.from({ length: 20 }, (_, index) => start(2000 + index, index === 7 ? 240 : 20));
    const known = learnLead(learnLead(NO_LEAD, starts), starts);
    expect(leadOf(known)).toEqual({ seconds: 345, samples: 20 });
  });

  it('is bounded: a pod that waited an hour for its image tells nothing', () => {
    const known = learnLead(
      NO_LEAD,
      Array.from({ length: 40 }, (_, index) => start(9000 + index, index < 20 ? 3600 : 899)),
    );
    expect(known.seconds.length).toBe(20);
    expect(leadOf(known).seconds).toBeLessThanOrEqual(LONGEST_LEAD_SECONDS);
  });
});
