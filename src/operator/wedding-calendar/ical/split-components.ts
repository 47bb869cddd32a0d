import { UnusableFeed } from '../../../domain/feed/reading.ts';

/** The parts of an iCalendar stream that matter, each as its own text, so that one that is broken costs only itself. */
export interface Components {
  events: string[];
  timeZones: string[];
}

const KEPT: Record<string, keyof Components> = { VEVENT: 'events', VTIMEZONE: 'timeZones' };
/** What an event may hold inside itself and nobody here reads: alarms. */
const DROPPED_INSIDE_EVENTS = /\r?\nBEGIN:VALARM[\s\S]*?\r?\nEND:VALARM(?=\r?\n)/gi;
/** More zones than the world has are no calendar. */
const MAX_TIME_ZONES = 1000;

/**
 * Cuts an iCalendar stream into components without reading them.
 *
 * @throws {UnusableFeed} WrongContent when it does not begin or end as one: half a feed would look like cancellations
 */
export function splitComponents(text: string, maxEvents: number): Components {
  if (!/^\s*BEGIN:VCALENDAR\r?\n/i.test(text.slice(0, 1024))) {
    throw new UnusableFeed('WrongContent', 'the feed does not begin with BEGIN:VCALENDAR');
  }
  if (!/\nEND:VCALENDAR\s*$/i.test(text.slice(-1024))) {
    throw new UnusableFeed('WrongContent', 'the feed does not end with END:VCALENDAR; it may be cut off');
  }
  const components: Components = { events: [], timeZones: [] };
  const edge = /^(BEGIN|END):(VEVENT|VTIMEZONE)[ \t]*\r?$/gim;
  let open: { name: string; from: number } | undefined;
  for (let match = edge.exec(text); match !== null; match = edge.exec(text)) {
    const name = (match[2] as string).toUpperCase();
    if ((match[1] as string).toUpperCase() === 'BEGIN') {
      if (open !== undefined) throw unbalanced(open.name);
      open = { name, from: match.index };
      continue;
    }
    if (open?.name !== name) throw unbalanced(name);
    const kept = components[KEPT[name] as keyof Components];
    kept.push(text.slice(open.from, match.index + match[0].length).replace(DROPPED_INSIDE_EVENTS, ''));
    open = undefined;
    if (components.events.length > maxEvents) {
      throw new UnusableFeed(
        'TooManyEvents',
        `the feed holds more than ${maxEvents} events, spec.limits.maxEvents`,
      );
    }
    if (components.timeZones.length > MAX_TIME_ZONES) {
      throw new UnusableFeed('WrongContent', `the feed defines more than ${MAX_TIME_ZONES} time zones`);
    }
  }
  if (open !== undefined) throw unbalanced(open.name);
  return components;
}

function unbalanced(name: string): UnusableFeed {
  return new UnusableFeed('WrongContent', `a ${name} of the feed begins or ends without the other`);
}
