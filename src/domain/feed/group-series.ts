import type { FeedProblem } from '../../api/v1alpha1/feed-problems.ts';
import { MINUTES_A_DAY } from '../calendar/local-time.ts';
import { type FeedEvent, type FeedSeries, type FeedTime, wallOf } from './feed-event.ts';
import type { RecurrenceRule } from './recurrence.ts';
import { wallIn } from './wall-in.ts';

/** One VEVENT, read by itself. */
export interface ParsedEvent {
  event: FeedEvent;
  /** Rules whose last day is still a time of its own, often in UTC. */
  rules: readonly (Omit<RecurrenceRule, 'until'> & { until: FeedTime | undefined })[];
  added: readonly FeedTime[];
  excluded: readonly FeedTime[];
  /** Present in a change of one occurrence. */
  recurrenceId: { at: FeedTime; andFuture: boolean } | undefined;
  /** SEQUENCE and DTSTAMP: which of two versions is newer. */
  revision: { sequence: number; stamp: string };
}

/**
 * Puts events and the changes of their occurrences together. Of two versions of one event the newer counts; the older
 * is named.
 */
export function groupSeries(
  parsed: readonly ParsedEvent[],
  defaultTimeZone: string,
): { series: FeedSeries[]; problems: FeedProblem[] } {
  const newest = new Map<string, ParsedEvent>();
  const problems: FeedProblem[] = [];
  for (const candidate of parsed) {
    const { uid } = candidate.event;
    const { recurrenceId } = candidate;
    const key = JSON.stringify([uid, recurrenceId && wallOf(recurrenceId.at), recurrenceId?.at.kind]);
    const other = newest.get(key);
    if (other !== undefined) {
      problems.push({
        uid,
        reason: 'Duplicate',
        message: 'another event has the same UID; the newer one counts',
      });
    }
    if (other === undefined || !isNewer(other, candidate)) newest.set(key, candidate);
  }
  const byUid = Map.groupBy(newest.values(), ({ event }) => event.uid);
  return { series: [...byUid.values()].flatMap((events) => seriesOf(events, defaultTimeZone)), problems };
}

function isNewer(one: ParsedEvent, other: ParsedEvent): boolean {
  if (one.revision.sequence !== other.revision.sequence) {
    return one.revision.sequence > other.revision.sequence;
  }
  return one.revision.stamp > other.revision.stamp;
}

function seriesOf(events: readonly ParsedEvent[], defaultTimeZone: string): FeedSeries[] {
  const changes = events.filter(({ recurrenceId }) => recurrenceId !== undefined);
  const master = events.find(({ recurrenceId }) => recurrenceId === undefined);
  if (master === undefined) return changes.map((change) => alone(change));
  const { event } = master;
  const frame = event.start;
  const wall = (time: FeedTime): number => wallIn(frame, time, defaultTimeZone);
  const ofDay = ((wallOf(frame) % MINUTES_A_DAY) + MINUTES_A_DAY) % MINUTES_A_DAY;
  return [
    {
      event,
      rules: master.rules.map((rule) => ({
        ...rule,
        until: rule.until && Math.floor((lastWall(rule.until, wall) - ofDay) / MINUTES_A_DAY),
      })),
      added: master.added.map(wall),
      excluded: master.excluded.map(wall),
      overrides: changes.flatMap(({ event: changed, recurrenceId }) =>
        recurrenceId
          ? [{ at: wall(recurrenceId.at), andFuture: recurrenceId.andFuture, event: changed }]
          : [],
      ),
    },
  ];
}

/** A change of an occurrence whose event is not in the feed. */
function alone({ event, recurrenceId }: ParsedEvent): FeedSeries {
  const recurrence = recurrenceId === undefined ? '' : `@${wallOf(recurrenceId.at)}`;
  return { event: { ...event, recurrence }, rules: [], added: [], excluded: [], overrides: [] };
}

/** UNTIL as a date takes in the whole day. */
function lastWall(until: FeedTime, wall: (time: FeedTime) => number): number {
  return until.kind === 'Day' ? (until.day + 1) * MINUTES_A_DAY - 1 : wall(until);
}
