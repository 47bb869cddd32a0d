import { MAX_NAMED_SKIPS } from '../../api/schema/feed-limits.ts';
import type { WEDDING_CALENDAR_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import type { FeedProblem } from '../../api/v1alpha1/feed-problems.ts';
import type { WeddingCalendar } from '../../api/v1alpha1/kinds.ts';
import type { WeddingCalendarStatus } from '../../api/v1alpha1/wedding-calendar.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import type { UnusableFeed } from '../../domain/feed/reading.ts';
import { type AnyCondition, stampConditions } from '../objects/conditions.ts';
import type { Validator } from './fetch/fetch-feed.ts';
import type { NamedReading } from './worker-messages.ts';
import type { Written } from './write-weddings.ts';

/** How one poll ended. */
export type PollResult =
  | { kind: 'NotModified' }
  | { kind: 'Copied'; reading: NamedReading; validator: Validator; written: Written }
  | { kind: 'Failed'; failure: UnusableFeed };

export type CalendarFinding = AnyCondition<typeof WEDDING_CALENDAR_CONDITIONS>;

const MAX_UID = 128;
const MAX_MESSAGE = 512;
const MS_A_MINUTE = 60_000;

/** The status of a WeddingCalendar after a poll; pure. */
export function statusAfterPoll(
  calendar: WeddingCalendar,
  result: PollResult,
  { now, nextPoll }: { now: Date; nextPoll: Date },
): WeddingCalendarStatus {
  const before = calendar.status ?? {};
  const fields = fieldsAfter(before, result, formatInstant(now));
  const fresh = freshness(result, fields, before, now);
  const findings: CalendarFinding[] = [
    { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'The spec is in use.' },
    fresh,
    readiness(fresh),
  ];
  return { ...fields, nextPoll: formatInstant(nextPoll), ...stamped(calendar, findings, now) };
}

/** The status while a poll goes on: when it began, and when the next one is if it never ends. */
export function statusBeforePoll(
  { metadata, status }: WeddingCalendar,
  { now, nextPoll }: { now: Date; nextPoll: Date },
): WeddingCalendarStatus & { pollBegun: string } {
  const { generation } = metadata;
  return {
    ...status,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    pollBegun: formatInstant(now),
    nextPoll: formatInstant(nextPoll),
  };
}

/** The status after a poll that was begun and never ended. */
export function statusInterrupted(
  calendar: WeddingCalendar,
  nextPoll: Date,
  now: Date,
): WeddingCalendarStatus {
  const { conditions = [], pollBegun, ...known } = calendar.status ?? {};
  const at = formatInstant(nextPoll);
  const finding: CalendarFinding = {
    type: 'CalendarFresh',
    status: 'False',
    reason: 'PollInterrupted',
    message: `The poll of ${pollBegun} never ended: the operator stopped or was killed while it read the feed. The feed is asked again at ${at}. ${ageOf(known.lastFetched, now)}`,
  };
  const others = conditions.filter(({ type }) => type !== finding.type && type !== 'Ready');
  const { conditions: found, observedGeneration } = stamped(calendar, [finding, readiness(finding)], now);
  return {
    ...known,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    failures: (known.failures ?? 0) + 1,
    nextPoll: at,
    conditions: [...others, ...found],
  };
}

/** The status while the spec is not understood: what is known of the last good copy stays. */
export function statusRefused(
  calendar: WeddingCalendar,
  refusal: CalendarFinding,
  now: Date,
): WeddingCalendarStatus {
  const { nextPoll: _never, pollBegun: _ended, ...known } = calendar.status ?? {};
  const fresh = known.conditions?.filter(({ type }) => type === 'CalendarFresh') ?? [];
  const ready: CalendarFinding = {
    type: 'Ready',
    status: 'False',
    reason: 'NotAccepted',
    message: refusal.message,
  };
  const { observedGeneration, conditions } = stamped(calendar, [refusal, ready], now);
  return {
    ...known,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    conditions: [...conditions, ...fresh],
  };
}

/** Of an accepted calendar. */
function readiness({ status, message }: CalendarFinding): CalendarFinding {
  return status === 'True'
    ? { type: 'Ready', status, reason: 'Fetched', message }
    : { type: 'Ready', status: 'False', reason: 'NotFresh', message };
}

function stamped(
  { metadata, status }: WeddingCalendar,
  findings: readonly CalendarFinding[],
  now: Date,
): { observedGeneration?: number; conditions: NonNullable<WeddingCalendarStatus['conditions']> } {
  const { generation } = metadata;
  const conditions = stampConditions<typeof WEDDING_CALENDAR_CONDITIONS>(
    findings,
    status?.conditions,
    generation,
    formatInstant(now),
  );
  return { ...(generation === undefined ? {} : { observedGeneration: generation }), conditions };
}

type Fields = Omit<WeddingCalendarStatus, 'conditions' | 'observedGeneration' | 'nextPoll' | 'pollBegun'>;

function fieldsAfter(before: WeddingCalendarStatus, result: PollResult, now: string): Fields {
  const {
    conditions: _conditions,
    observedGeneration: _generation,
    nextPoll: _poll,
    pollBegun: _begun,
    ...known
  } = before;
  switch (result.kind) {
    case 'Failed':
      return { ...known, failures: (before.failures ?? 0) + 1 };
    case 'NotModified':
      return { ...known, lastFetched: now, failures: 0 };
    case 'Copied': {
      const { reading, written } = result;
      const problems = [...reading.problems, ...written.problems];
      const { validator: _old, lastChanged, ...kept } = known;
      const changedAt = written.applied + written.removed > 0 ? now : lastChanged;
      return {
        ...kept,
        lastFetched: now,
        lastRead: now,
        failures: 0,
        ...(changedAt === undefined ? {} : { lastChanged: changedAt }),
        // A copy that is not written whole is asked for again.
        ...(written.problems.some(({ reason }) => reason === 'Refused')
          ? {}
          : { validator: withValues(result.validator) }),
        events: {
          total: reading.total,
          weddings: reading.bookings.length - notThere(written.problems),
          past: reading.past,
          ignored: reading.ignored,
          skipped: reading.skipped + written.problems.length,
        },
        skipped: problems.slice(0, MAX_NAMED_SKIPS).map(named),
      };
    }
  }
}

/** Bookings that have no Wedding of ours. */
function notThere(problems: readonly FeedProblem[]): number {
  return problems.filter(({ reason }) => reason !== 'EditedElsewhere').length;
}

function withValues({ etag, lastModified }: Validator): NonNullable<WeddingCalendarStatus['validator']> {
  return { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) };
}

function named({ uid, reason, message }: FeedProblem): FeedProblem {
  return { uid: uid.slice(0, MAX_UID), reason, message: message.slice(0, MAX_MESSAGE) };
}

function freshness(
  result: PollResult,
  { events, lastFetched }: Fields,
  before: WeddingCalendarStatus,
  now: Date,
): CalendarFinding {
  const type = 'CalendarFresh';
  if (result.kind === 'Failed') {
    const { reason, message } = result.failure;
    return { type, status: 'False', reason, message: `${message}. ${ageOf(lastFetched, now)}` };
  }
  const refused = refusedWrites(result, before);
  if (refused !== undefined) return { type, status: 'False', reason: 'WritesFailed', message: refused };
  const message = `${events?.weddings ?? 0} weddings of ${events?.total ?? 0} events; ${events?.skipped ?? 0} skipped.`;
  return { type, status: 'True', reason: 'Fetched', message };
}

/** The writes that the API server refused. A field of another manager is theirs on purpose and no failure. */
function refusedWrites(result: PollResult, before: WeddingCalendarStatus): string | undefined {
  if (result.kind === 'Copied') {
    const refused = result.written.problems.filter(({ reason }) => reason === 'Refused');
    return refused.length === 0
      ? undefined
      : `the API server refused ${refused.length} Weddings: ${refused[0]?.message.slice(0, MAX_MESSAGE)}`;
  }
  const earlier = before.conditions?.find(({ reason }) => reason === 'WritesFailed');
  return earlier?.message;
}

/** For people: how old the last good copy is. */
function ageOf(lastFetched: string | undefined, now: Date): string {
  if (lastFetched === undefined) return 'There is no good copy yet.';
  const minutes = Math.max(0, Math.floor((now.getTime() - Date.parse(lastFetched)) / MS_A_MINUTE));
  const age = minutes < 120 ? `${minutes} minutes` : `${Math.floor(minutes / 60)} hours`;
  return `The last good copy stays; it is ${age} old, of ${lastFetched}.`;
}
