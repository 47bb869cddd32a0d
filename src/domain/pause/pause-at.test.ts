import { describe, expect, it } from 'vitest';
import {
  pauseAt,
  pauseEnd,
  pausesHealing,
  pausesObjects,
  pausesRollouts,
  pausesScaling,
} from './pause-at.ts';
import { rolloutHold } from './rollout-hold.ts';

const now = new Date('2027-06-05T12:00:00Z');
const LATER = '2027-06-05T18:00:00Z';
const EARLIER = '2027-06-05T11:59:59Z';
const of = (paused: unknown, annotation?: string) => pauseAt({ paused, annotation, now });

describe('pauseAt', () => {
  it.each([
    ['left out', undefined, { active: false }],
    ['false', false, { active: false }],
    ['true', true, { active: true, scope: 'All', healing: true, by: 'spec.paused' }],
    [
      'with an end to come',
      { until: LATER, scope: 'Scaling', healing: false },
      { active: true, scope: 'Scaling', healing: false, until: new Date(LATER), by: 'spec.paused' },
    ],
    ['with an end in the past', { until: EARLIER }, { active: false, ended: new Date(EARLIER) }],
    ['with an end at this moment', { until: now.toISOString() }, { active: false, ended: now }],
    ['that no schema allows', 'yes', { active: false }],
  ])('of spec.paused %s', (_, paused, expected) => {
    expect(of(paused)).toEqual(expected);
  });

  it('takes the annotation when the spec has no pause, or one that has ended', () => {
    const byAnnotation = {
      active: true,
      scope: 'All',
      healing: true,
      until: new Date(LATER),
      by: 'annotation',
    };
    expect(of(undefined, LATER)).toEqual(byAnnotation);
    expect(of({ until: EARLIER }, LATER)).toEqual(byAnnotation);
    expect(of({ scope: 'Scaling' }, LATER)).toMatchObject({ scope: 'Scaling', by: 'spec.paused' });
    expect(of({ until: EARLIER }, EARLIER)).toEqual({ active: false, ended: new Date(EARLIER) });
  });

  it('is none by an annotation that is no instant, and says so', () => {
    expect(of(undefined, 'tomorrow')).toEqual({ active: false, problem: expect.stringContaining('instant') });
    expect(of({ until: EARLIER }, 'tomorrow')).toHaveProperty('problem');
  });

  it('says how it ends', () => {
    const ends = [of(true), of({ until: LATER }), of(undefined, LATER)].map((pause) =>
      pause.active ? pauseEnd(pause) : '',
    );
    expect(ends).toEqual(['until spec.paused is removed', `until ${LATER}`, `until ${LATER}`]);
  });

  it.each([
    ['All', [true, true, true]],
    ['Rollouts', [true, false, false]],
    ['Scaling', [false, true, false]],
  ])('of scope %s stops what it names', (scope, stops) => {
    const pause = of({ scope });
    expect([pausesRollouts(pause), pausesScaling(pause), pausesObjects(pause)]).toEqual(stops);
    expect([pausesHealing(pause), pausesHealing(of({ scope, healing: false }))]).toEqual([false, true]);
  });
});

describe('rolloutHold', () => {
  const open = { active: false, weddings: [], from: new Date(LATER) };
  const frozen = { active: true, until: new Date(LATER), reason: '1 wedding', weddings: ['a'] };

  it('is the freeze where no rollout is paused', () => {
    for (const freeze of [open, frozen])
      for (const pause of [of(false), of({ scope: 'Scaling' })])
        expect(rolloutHold(freeze, pause)).toBe(freeze);
  });

  it('is the pause while no freeze is on', () => {
    expect(rolloutHold(open, of({ until: LATER }))).toEqual({
      active: true,
      reason: 'paused',
      weddings: [],
      until: new Date(LATER),
    });
    expect(rolloutHold(open, of(true))).toEqual({ active: true, reason: 'paused', weddings: [] });
  });

  it('has the later end of both, and none when the pause has none', () => {
    const latest = '2027-06-05T20:00:00Z';
    expect(rolloutHold(frozen, of({ until: '2027-06-05T13:00:00Z' }))).toEqual(frozen);
    expect(rolloutHold(frozen, of({ until: latest })).until).toEqual(new Date(latest));
    expect(rolloutHold(frozen, of(true))).toEqual({ active: true, reason: '1 wedding', weddings: ['a'] });
  });
});
