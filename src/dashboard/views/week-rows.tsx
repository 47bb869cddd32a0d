import type { CalendarDay, CalendarPage } from '../../api/dashboard/calendar-page.ts';
import { longDay } from '../time/calendar-date.ts';
import { clockTime } from '../time/format.ts';
import { type DayPart, partOf, placeOf } from './day-parts.ts';

/** Weddings that a day has room for. */
const MAX_WEDDINGS = 12;
/** A text that begins further right would have no room. */
const MOST_INDENT = 0.6;
const HOURS = ['00', '06', '12', '18'];

export interface WeekRowsProps {
  calendar: CalendarPage;
  /** YYYY-MM-DD */
  today: string;
  nowMs: number;
}

/** A week as a row of 24 hours per day: freezes, peaks and weddings where they lie. */
export function WeekRows({ calendar, today, nowMs }: WeekRowsProps) {
  return (
    <div className="week">
      {calendar.days.map((day) => (
        <Day key={day.date} day={day} calendar={calendar} today={today} nowMs={nowMs} />
      ))}
    </div>
  );
}

interface Entry {
  kind: 'Freeze' | 'Peak' | 'Wedding';
  part: DayPart;
  text: string;
}

function entriesOf(day: CalendarDay, calendar: CalendarPage): Entry[] {
  const clock = (at: string): string => clockTime(Date.parse(at), calendar.timeZone);
  const entry = (kind: Entry['kind'], span: { from: string; until: string }, text: string): Entry[] => {
    const part = partOf(day, span);
    return part === undefined
      ? []
      : [{ kind, part, text: `${clock(span.from)}–${clock(span.until)} ${text}` }];
  };
  const weddings = calendar.weddings.flatMap(({ name, ceremony, ends, people }) =>
    entry('Wedding', { from: ceremony, until: ends }, `${name}, ${people} people`),
  );
  return [
    ...calendar.freezes.flatMap((freeze) => entry('Freeze', freeze, `frozen: ${freeze.reason}`)),
    ...calendar.peaks.flatMap((peak) => entry('Peak', peak, `peak × ${peak.multiplier}`)),
    ...weddings.slice(0, MAX_WEDDINGS),
  ];
}

function Day({ day, calendar, today, nowMs }: WeekRowsProps & { day: CalendarDay }) {
  const entries = entriesOf(day, calendar);
  const now = partOf(day, { from: new Date(nowMs).toISOString(), until: day.until });
  const isNow = Date.parse(day.from) <= nowMs && nowMs < Date.parse(day.until);
  return (
    <section className={day.date === today ? 'week-day today' : 'week-day'}>
      <h3>{longDay(day.date)}</h3>
      <div className="hours">
        {HOURS.map((hour, index) => (
          <span key={hour} className="hour" style={{ left: `${index * 25}%` }} aria-hidden="true">
            {hour}
          </span>
        ))}
        {isNow && now !== undefined ? <span className="now" style={{ left: `${now.from * 100}%` }} /> : null}
        {entries.length === 0 ? <p className="quiet">open all day</p> : null}
        <ul>
          {entries.map(({ kind, part, text }) => (
            <li key={`${kind} ${text}`}>
              <span className={`bar bar-${kind}`} style={placeOf(part)} />
              <span
                className="entry-text"
                style={{ marginLeft: `${Math.min(part.from, MOST_INDENT) * 100}%` }}
              >
                {text}
              </span>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
