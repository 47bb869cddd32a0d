import type { FeedProblem } from '../../api/v1alpha1/feed-problems.ts';
import type { WeddingCalendarSpec } from '../../api/v1alpha1/wedding-calendar.ts';
import { jsonBooking, jsonFeed } from '../../api/v1alpha1/wedding-feed.ts';
import { bookingOfJson, type FeedRules, isWanted } from '../../domain/feed/booking.ts';
import { UnusableEvent } from '../../domain/feed/feed-event.ts';
import type { ParsedEvent } from '../../domain/feed/group-series.ts';
import {
  addBooking,
  attempt,
  emptyReading,
  type FeedReading,
  readEvents,
  UnusableFeed,
} from '../../domain/feed/reading.ts';
import { parseEvent, uidOfText } from './ical/parse-event.ts';
import { splitComponents } from './ical/split-components.ts';
import { ZoneTable } from './ical/zone-table.ts';

/** All that reading a feed depends on; plain data, so that it can go to a worker. */
export interface FeedToRead {
  bytes: Uint8Array;
  format: WeddingCalendarSpec['format'];
  rules: FeedRules;
  now: Date;
}

/**
 * Reads a whole feed. Slow for big ones, which is why `read-in-worker.ts` calls it on another thread.
 *
 * @throws {UnusableFeed}
 */
export function readFeed({ bytes, format, rules, now }: FeedToRead): FeedReading {
  const text = decode(bytes);
  return format === 'JSON' ? readJson(text, rules, now) : readICalendar(text, rules, now);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UnusableFeed('WrongContent', 'the feed is not valid UTF-8');
  }
}

function readICalendar(text: string, rules: FeedRules, now: Date): FeedReading {
  const { events, timeZones } = splitComponents(text, rules.maxEvents);
  const zones = new ZoneTable(timeZones);
  const parsed: ParsedEvent[] = [];
  const problems: FeedProblem[] = [];
  for (const event of events) {
    try {
      parsed.push(parseEvent(event, zones, rules.defaultTimeZone));
    } catch (error) {
      if (!(error instanceof UnusableEvent)) throw error;
      problems.push({ uid: uidOfText(event), reason: error.reason, message: error.message });
    }
  }
  return readEvents(parsed, problems, rules, now);
}

function readJson(text: string, rules: FeedRules, now: Date): FeedReading {
  const envelope = jsonFeed.safeParse(parseJson(text));
  if (!envelope.success) {
    throw new UnusableFeed('WrongContent', 'the feed is not a JSON object with a list `weddings`');
  }
  const { weddings } = envelope.data;
  const reading = emptyReading(weddings.length, [], rules);
  for (const [index, item] of weddings.entries()) {
    const uid = uidOfItem(item, index);
    const booking = attempt(reading, uid, () => {
      const parsed = jsonBooking.safeParse(item);
      if (!parsed.success) throw new UnusableEvent('InvalidBooking', firstIssue(parsed.error.issues));
      if (isWanted(parsed.data.categories ?? [], rules.mapping))
        return bookingOfJson(parsed.data, rules, now);
      reading.ignored += 1;
      return undefined;
    });
    if (booking !== undefined) addBooking(reading, booking, rules, now);
  }
  return reading;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnusableFeed('WrongContent', 'the feed is not JSON');
  }
}

function uidOfItem(item: unknown, index: number): string {
  const uid = typeof item === 'object' && item !== null ? (item as { uid?: unknown }).uid : undefined;
  return typeof uid === 'string' && uid !== '' ? uid : `weddings[${index}]`;
}

function firstIssue(issues: readonly { path: readonly PropertyKey[]; message: string }[]): string {
  const issue = issues[0];
  return issue === undefined ? 'is not of the form' : `${issue.path.map(String).join('.')}: ${issue.message}`;
}
