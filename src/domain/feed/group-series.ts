import { MINUTES_A_DAY, MS_A_MINUTE } from '../calendar/local-time.ts';
import type { EventLength, FeedEvent, FeedSeries, FeedTime, RelatedTime, WallMinutes } from './feed-event.ts';
import { atWall, wallOf } from './feed-event.ts';
import type { RecurrenceRule } from './recurrence.ts';
import { wallIn } from './wall-in.ts';

/** One VEVENT, read by itself. */
export interface ParsedEvent {
  event: FeedEvent;
  /** IANA zone in which an instant has its day, beside an event that lasts all day. */
  dayZone: string;
  /** Rules whose last day is still a time of its own, often in UTC. */
  rules: readonly (Omit<RecurrenceRule, 'until'> & { until: RelatedTime | undefined })[];
  added: readonly RelatedTime[];
  excluded: readonly RelatedTime[];
  /** Those of `added` that have a length of their own. */
  periods: readonly { at: RelatedTime; length: EventLength }[];
  /** Present in a change of one occurrence; `onlyCancels` when it says nothing but that. */
  recurrenceId: { at: RelatedTime; andFuture: boolean; onlyCancels: boolean } | undefined;
  /** SEQUENCE and DTSTAMP: which of two versions is newer. */
  revision: { sequence: number; stamp: string };
}

const NOTHING: readonly never[] = [];
const NO_LENGTHS: ReadonlyMap<WallMinutes, EventLength> = new Map();

/**
 * Puts the events of one UID together with the changes of their occurrences. Of two versions of one event the newer
 * counts.
 *
 * @returns how many older versions were passed over, too
 */
export function groupSeries(parsed: readonly ParsedEvent[]): { series: FeedSeries[]; duplicates: number } {
  const [only] = parsed;
  if (only !== undefined && parsed.length === 1) {
    return { series: isPlain(only) ? [plain(only)] : seriesOf([only]), duplicates: 0 };
  }
  const master = newestBy(
    parsed.filter(({ recurrenceId }) => recurrenceId === undefined),
    () => '',
  )[0];
  const changes = newestBy(
    parsed.filter(({ recurrenceId }) => recurrenceId !== undefined),
    (change) => occurrenceKey(change, master),
  );
  const kept = master === undefined ? changes : [master, ...changes];
  return { series: seriesOf(kept), duplicates: parsed.length - kept.length };
}

/** The newest event of each key; of equally new ones the last. */
function newestBy(events: readonly ParsedEvent[], keyOf: (event: ParsedEvent) => string): ParsedEvent[] {
  const newest = new Map<string, ParsedEvent>();
  for (const candidate of events) {
    const key = keyOf(candidate);
    const other = newest.get(key);
    if (other === undefined || !isNewer(other, candidate)) newest.set(key, candidate);
  }
  return [...newest.values()];
}

/** Which occurrences a change is of, however RECURRENCE-ID writes the first: in UTC, in a zone, or as a date. */
function occurrenceKey({ recurrenceId }: ParsedEvent, master: ParsedEvent | undefined): string {
  if (recurrenceId === undefined) return '';
  const { at, andFuture } = recurrenceId;
  const first =
    master === undefined ? `${at.kind} ${wallOf(at)}` : wallIn(master.event.start, at, master.dayZone);
  return `${first} ${andFuture}`;
}

/** Most events of a feed: no recurrence, no change of one. */
function isPlain({ rules, added, excluded, recurrenceId }: ParsedEvent): boolean {
  const recurs = rules.length > 0 || added.length > 0;
  return !recurs && excluded.length === 0 && recurrenceId === undefined;
}

function plain({ event }: ParsedEvent): FeedSeries {
  return {
    event,
    rules: NOTHING,
    added: NOTHING,
    excluded: NOTHING,
    lengths: NO_LENGTHS,
    overrides: NOTHING,
  };
}

function isNewer(one: ParsedEvent, other: ParsedEvent): boolean {
  if (one.revision.sequence !== other.revision.sequence) {
    return one.revision.sequence > other.revision.sequence;
  }
  return one.revision.stamp > other.revision.stamp;
}

function seriesOf(events: readonly ParsedEvent[]): FeedSeries[] {
  const changes = events.filter(({ recurrenceId }) => recurrenceId !== undefined);
  const master = events.find(({ recurrenceId }) => recurrenceId === undefined);
  if (master === undefined) return changes.map(alone);
  const { event, dayZone } = master;
  const frame: FeedTime = event.start;
  const wall = (time: RelatedTime): WallMinutes => wallIn(frame, time, dayZone);
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
      lengths: new Map(master.periods.map(({ at, length }) => [wall(at), length])),
      overrides: changes.flatMap(({ event: changed, recurrenceId }) =>
        recurrenceId === undefined
          ? []
          : [
              {
                at: wall(recurrenceId.at),
                andFuture: recurrenceId.andFuture,
                event: recurrenceId.onlyCancels
                  ? undefined
                  : inFrame(changed, recurrenceId.andFuture ? frame : changed.start, dayZone),
              },
            ],
      ),
    },
  ];
}

/**
 * A change of all later occurrences, on the wall clock of the series when it is written in UTC: there the occurrences stay at
 * one local time over clock changes.
 */
function inFrame(event: FeedEvent, frame: FeedTime, dayZone: string): FeedEvent {
  const { start, length } = event;
  if (start.kind !== 'Instant' || (frame.kind !== 'Zoned' && frame.kind !== 'Custom')) return event;
  const exact = length && { wallMinutes: 0, exactMs: length.exactMs + length.wallMinutes * MS_A_MINUTE };
  const timeZone = frame.kind === 'Zoned' ? frame.timeZone : event.timeZone;
  return { ...event, start: atWall(frame, wallIn(frame, start, dayZone)), length: exact, timeZone };
}

/** A change of an occurrence whose event is not in the feed. */
function alone({ event, recurrenceId }: ParsedEvent): FeedSeries {
  const recurrence = recurrenceId === undefined ? '' : `@${wallOf(recurrenceId.at)}`;
  return {
    event: { ...event, recurrence },
    rules: [],
    added: [],
    excluded: [],
    lengths: NO_LENGTHS,
    overrides: [],
  };
}

/** UNTIL as a date takes in the whole day. */
function lastWall(until: RelatedTime, wall: (time: RelatedTime) => number): number {
  return until.kind === 'Day' ? (until.day + 1) * MINUTES_A_DAY - 1 : wall(until);
}
