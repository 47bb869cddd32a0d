import { describe, expect, it } from 'vitest';
import type { LeaseState } from './lease-state.ts';
import { asSeen, type ClockAnswer, type ClockFindings, noteAnswer } from './seen-clock.ts';

const LEASE = 'kube-system/kube-controller-manager';
const RENEWED: LeaseState = { kind: 'Renewed', lease: LEASE };
const START = Date.parse('2027-06-05T12:00:00Z');
const at = (seconds: number) => new Date(START + seconds * 1000);
const seen = (seconds: number): ClockAnswer => ({ kind: 'Seen', renewTime: at(seconds).toISOString() });
const SILENT: ClockAnswer = { kind: 'Silent' };
const UNANSWERED: ClockAnswer = { kind: 'Unanswered' };

/** The state at the second of the last answer, or at a later one. The Lease itself is renewed all the time. */
function stateAfter(answers: readonly (readonly [number, ClockAnswer])[], later = 0): LeaseState {
  let findings: ClockFindings = {};
  for (const [seconds, answer] of answers) {
    findings = noteAnswer(findings, answer, at(seconds), seconds * 1000);
  }
  return asSeen(RENEWED, findings, ((answers.at(-1)?.[0] ?? 0) + later) * 1000);
}

describe('the clock as policies see it', () => {
  it.each<[string, (readonly [number, ClockAnswer])[], string]>([
    ['nothing is known', [], 'Renewed'],
    [
      'it follows the Lease',
      [
        [0, seen(0)],
        [10, seen(10)],
      ],
      'Renewed',
    ],
    [
      'it is as late as a change of leader makes it',
      [
        [0, seen(-40)],
        [10, seen(-30)],
      ],
      'Renewed',
    ],
    [
      'it was late for a moment',
      [
        [0, seen(-60)],
        [10, seen(10)],
        [20, seen(20)],
      ],
      'Renewed',
    ],
    [
      'it stands',
      [
        [0, seen(-60)],
        [10, seen(-60)],
      ],
      'ClockStands',
    ],
    [
      'it has no time',
      [
        [0, { kind: 'Seen', renewTime: 'no time' }],
        [10, { kind: 'Seen', renewTime: 'no time' }],
      ],
      'ClockStands',
    ],
    [
      'it stands on one of several',
      [
        [0, seen(-60)],
        [10, seen(10)],
        [20, seen(20)],
        [30, seen(-60)],
      ],
      'ClockStands',
    ],
    [
      'it stood twice, long after each other',
      [
        [0, seen(-60)],
        [400, seen(-60)],
      ],
      'Renewed',
    ],
    [
      'policies are restored',
      [
        [0, SILENT],
        [10, SILENT],
        [20, seen(20)],
      ],
      'Renewed',
    ],
    [
      'no policy answers',
      [
        [0, SILENT],
        [30, SILENT],
        [60, SILENT],
      ],
      'ClockUnanswered',
    ],
    [
      'no policy of one of several answers',
      [
        [0, SILENT],
        [30, seen(30)],
        [60, SILENT],
      ],
      'ClockUnanswered',
    ],
    [
      'no question gets through',
      [
        [0, UNANSWERED],
        [60, UNANSWERED],
        [120, UNANSWERED],
      ],
      'Renewed',
    ],
    [
      'one stands and another is silent',
      [
        [0, SILENT],
        [50, seen(-60)],
        [60, SILENT],
        [70, seen(-60)],
      ],
      'ClockStands',
    ],
  ])('%s', (_what, answers, expected) => {
    const state = stateAfter(answers);
    expect(state.kind === 'NotSeen' ? state.reason : state.kind).toBe(expected);
  });

  it('is well again five minutes after the last bad answer', () => {
    const answers = [
      [0, seen(-60)],
      [10, seen(-60)],
    ] as const;
    expect(stateAfter(answers, 299)).toMatchObject({ reason: 'ClockStands' });
    expect(stateAfter(answers, 300)).toEqual(RENEWED);
  });

  it('changes nothing where the Lease itself tells no time', () => {
    const stale: LeaseState = { kind: 'Unusable', lease: LEASE, reason: 'LeaseStale' };
    const findings = noteAnswer(noteAnswer({}, SILENT, at(0), 0), SILENT, at(60), 60_000);
    expect(asSeen(stale, findings, 60_000)).toEqual(stale);
  });
});
