import ICAL from 'ical.js';
import { formatInstant } from '../../domain/calendar/instant.ts';
import type { PresenceClusterFreezes } from '../../reports/freeze-plan.ts';
import { weddingList } from './freeze-sentence.ts';

/** How often a reader should ask again; RFC 7986 section 5.7 and, for older readers, X-PUBLISHED-TTL. */
const REFRESH = 'PT6H';

/**
 * Freeze windows as an iCalendar file (RFC 5545) to subscribe to: an event each, in UTC, shown as free time.
 *
 * @param nameOf the name of a wedding by its id
 */
export function freezeCalendar(
  lists: readonly PresenceClusterFreezes[],
  now: Date,
  nameOf: (id: string) => string,
): string {
  const calendar = new ICAL.Component('vcalendar');
  calendar.addPropertyWithValue('version', '2.0');
  calendar.addPropertyWithValue('prodid', '-//presence.wedsync.io//kubectl-presence//EN');
  calendar.addPropertyWithValue('method', 'PUBLISH');
  calendar.addPropertyWithValue('x-wr-calname', 'Presence freezes');
  calendar.addPropertyWithValue('x-published-ttl', REFRESH);
  const refresh = new ICAL.Property('refresh-interval');
  refresh.resetType('duration');
  refresh.setValue(ICAL.Duration.fromString(REFRESH));
  calendar.addProperty(refresh);
  for (const list of lists) {
    for (const window of list.windows) calendar.addSubcomponent(event(list, window, now, nameOf));
  }
  return calendar.toString();
}

function event(
  { namespace, name }: PresenceClusterFreezes,
  { from, until, reason, weddings, notListed = 0 }: PresenceClusterFreezes['windows'][number],
  now: Date,
  nameOf: (id: string) => string,
): ICAL.Component {
  const made = new ICAL.Component('vevent');
  const time = (text: string): ICAL.Time => ICAL.Time.fromDateTimeString(text);
  // The start names the window, so that a reader follows an end that moves.
  made.addPropertyWithValue('uid', `freeze-${namespace}-${name}-${from}@presence.wedsync.io`);
  made.addPropertyWithValue('dtstamp', time(formatInstant(now)));
  made.addPropertyWithValue('dtstart', time(from));
  made.addPropertyWithValue('dtend', time(until));
  made.addPropertyWithValue('summary', `Freeze of ${namespace}/${name}`);
  const who = weddingList(weddings, nameOf, notListed);
  made.addPropertyWithValue('description', who === '' ? reason : `${reason}: ${who}`);
  made.addPropertyWithValue('transp', 'TRANSPARENT');
  return made;
}
