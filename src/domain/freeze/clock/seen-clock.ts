import { isStale, type LeaseState } from './lease-state.ts';

/** What an API server said when it was asked which Lease its policies see. */
export type ClockAnswer =
  /** `renewTime` of the Lease that they see. */
  | { kind: 'Seen'; renewTime: string }
  /** No policy answered, or they see no Lease at all. */
  | { kind: 'Silent' }
  /** The question did not get through: nothing is known. */
  | { kind: 'Unanswered' };

/** First and last bad answer of a kind, in monotonic milliseconds. */
interface BadAnswers {
  firstMs: number;
  lastMs: number;
}

/** What is remembered of the answers. Each may come from another API server, so a good one takes no bad one back. */
export interface ClockFindings {
  /** Answers with an old time, and the last such time. */
  standing?: BadAnswers & { renewTime: string };
  silent?: BadAnswers;
}

/**
 * An answer may be older than the Lease for a moment: one was renewed after a long while just now, or the API server stood still. At
 * the next question it is not.
 */
const STANDING_AFTER_MS = 10_000;

/** Policies that are being installed, upgraded or restored are not in force for some seconds. */
const SILENT_AFTER_MS = 60_000;

/**
 * How long a bad answer counts. Asked every ten seconds over a new connection, one API server of five that stands is missed for that
 * long once in 800 times.
 */
const REMEMBERED_MS = 300_000;

/**
 * Adds an answer to what is remembered.
 *
 * @param renewedAt the time of the Lease itself, read before the question
 * @param nowMs monotonic milliseconds
 */
export function noteAnswer(
  findings: ClockFindings,
  answer: ClockAnswer,
  renewedAt: Date,
  nowMs: number,
): ClockFindings {
  const known = recent(findings, nowMs);
  switch (answer.kind) {
    case 'Unanswered':
      return known;
    case 'Silent':
      return { ...known, silent: { firstMs: known.silent?.firstMs ?? nowMs, lastMs: nowMs } };
    case 'Seen': {
      const { renewTime } = answer;
      if (!isStale(renewTime, renewedAt)) return known;
      const firstMs = known.standing?.firstMs ?? nowMs;
      return { ...known, standing: { firstMs, lastMs: nowMs, renewTime } };
    }
  }
}

/** The state of a Lease, unless it tells the time and the policies of an API server do not see that. */
export function asSeen(state: LeaseState, findings: ClockFindings, nowMs: number): LeaseState {
  if (state.kind !== 'Renewed') return state;
  const { standing, silent } = recent(findings, nowMs);
  const { lease } = state;
  if (standing !== undefined && lasts(standing, STANDING_AFTER_MS))
    return { kind: 'NotSeen', lease, reason: 'ClockStands', renewTime: standing.renewTime };
  if (silent !== undefined && lasts(silent, SILENT_AFTER_MS))
    return { kind: 'NotSeen', lease, reason: 'ClockUnanswered' };
  return state;
}

function lasts({ firstMs, lastMs }: BadAnswers, forMs: number): boolean {
  return lastMs - firstMs >= forMs;
}

function recent({ standing, silent }: ClockFindings, nowMs: number): ClockFindings {
  const known: ClockFindings = {};
  if (standing !== undefined && nowMs - standing.lastMs < REMEMBERED_MS) known.standing = standing;
  if (silent !== undefined && nowMs - silent.lastMs < REMEMBERED_MS) known.silent = silent;
  return known;
}
