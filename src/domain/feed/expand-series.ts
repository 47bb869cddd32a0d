import { formatLocalDate, MINUTES_A_DAY } from '../calendar/local-time.ts';
import { atWall, type FeedEvent, type FeedSeries, type Override, wallOf } from './feed-event.ts';
import { type DayWindow, occurrenceDays } from './recurrence.ts';
import { UnusableEvent } from './unusable-event.ts';

/** Twice a week in all of a window, which has 62 weeks, and some single dates: nothing that recurs more often is a wedding. */
export const MAX_OCCURRENCES = 130;

/**
 * The occurrences of an event that begin in a window of days. An override that no rule explains (it was moved out of
 * the window, or the rule changed) is an event like any other.
 *
 * @throws {UnusableEvent} TooManyOccurrences
 */
export function expandSeries(series: FeedSeries, window: Omit<DayWindow, 'atMost'>): FeedEvent[] {
  const { event, rules, added, excluded, lengths, overrides } = series;
  const start = wallOf(event.start);
  const recurs = rules.length > 0 || added.length > 0;
  const gone = new Set(excluded);
  if (!recurs && overrides.length === 0) return gone.has(start) ? [] : [event];
  const startDay = Math.floor(start / MINUTES_A_DAY);
  const ofDay = start - startDay * MINUTES_A_DAY;
  const byRules = rules.flatMap((rule) => {
    const days = occurrenceDays(rule, startDay, { ...window, atMost: MAX_OCCURRENCES });
    if (days === undefined) throw tooMany();
    return days.map((day) => day * MINUTES_A_DAY + ofDay);
  });
  const inWindow = [start, ...added].filter((wall) => {
    const day = Math.floor(wall / MINUTES_A_DAY);
    return !recurs || (day >= window.from && day <= window.until);
  });
  const walls = [...new Set([...inWindow, ...byRules])]
    .filter((wall) => !gone.has(wall))
    .sort((a, b) => a - b);
  if (walls.length > MAX_OCCURRENCES) throw tooMany();
  const single = new Map(overrides.filter(({ andFuture }) => !andFuture).map((each) => [each.at, each]));
  const ranges = overrides.filter(({ andFuture }) => andFuture).sort((a, b) => b.at - a.at);
  const seen = new Set(walls);
  const strays = overrides.filter(({ at, andFuture }) => !andFuture && !seen.has(at) && !gone.has(at));
  return [
    ...walls.map((wall) => {
      const length = lengths.get(wall);
      const asAdded = length === undefined ? event : { ...event, length };
      return occurrence(asAdded, wall, single.get(wall), ranges);
    }),
    // What only cancels an occurrence that is not there says nothing.
    ...strays.flatMap(({ at, event: override }) =>
      override === undefined ? [] : [{ ...override, recurrence: recurrenceOf(override, at) }],
    ),
  ];
}

function occurrence(
  event: FeedEvent,
  wall: number,
  override: Override | undefined,
  ranges: readonly Override[],
): FeedEvent {
  const recurrence = recurrenceOf(event, wall);
  const asRule: FeedEvent = { ...event, start: atWall(event.start, wall), recurrence };
  if (override !== undefined) return { ...(override.event ?? cancelled(asRule)), recurrence };
  const range = ranges.find(({ at }) => at <= wall);
  if (range === undefined) return asRule;
  if (range.event === undefined) return cancelled(asRule);
  const shift = wallOf(range.event.start) - range.at;
  return { ...range.event, start: atWall(range.event.start, wall + shift), recurrence };
}

function cancelled(event: FeedEvent): FeedEvent {
  return { ...event, state: 'Cancelled' };
}

/** The original start of an occurrence: stable however the occurrence is moved. */
function recurrenceOf({ start }: FeedEvent, wall: number): string {
  const day = Math.floor(wall / MINUTES_A_DAY);
  const minutes = wall - day * MINUTES_A_DAY;
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = formatLocalDate(day);
  return start.kind === 'Day' ? date : `${date}T${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function tooMany(): UnusableEvent {
  return new UnusableEvent('TooManyOccurrences', `recurs more than ${MAX_OCCURRENCES} times in the window`);
}
