import type { CalendarDay, CalendarPage } from '../../api/dashboard/calendar-page.ts';
import { ScrollBox } from '../chart/scroll-box.tsx';
import { longDay } from '../time/calendar-date.ts';
import { clockTime } from '../time/format.ts';
import { partOf, placeOf } from './day-parts.ts';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
/** Names that a day has room for. */
const NAMES = 3;

export interface MonthTableProps {
  calendar: CalendarPage;
  /** YYYY-MM */
  month: string;
  /** YYYY-MM-DD */
  today: string;
}

/** A month as weeks of days: how much of each day is frozen, its peaks, its weddings. */
export function MonthTable({ calendar, month, today }: MonthTableProps) {
  const { days } = calendar;
  const weeks = Array.from({ length: Math.ceil(days.length / 7) }, (_, week) =>
    days.slice(7 * week, 7 * week + 7),
  );
  return (
    <ScrollBox label="Month">
      <table className="month">
        <thead>
          <tr>
            {WEEKDAYS.map((weekday) => (
              <th scope="col" key={weekday}>
                {weekday}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week[0]?.date}>
              {week.map((day) => (
                <Day key={day.date} day={day} calendar={calendar} month={month} today={today} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

function Day({ day, calendar, month, today }: MonthTableProps & { day: CalendarDay }) {
  const { timeZone } = calendar;
  const freezes = calendar.freezes.flatMap((freeze) => partOf(day, freeze) ?? []);
  const peaks = calendar.peaks.filter((peak) => partOf(day, peak) !== undefined);
  const weddings = calendar.weddings.filter(({ ceremony }) => ceremony >= day.from && ceremony < day.until);
  const highest = Math.max(...peaks.map(({ multiplier }) => multiplier));
  const classes = [day.date.startsWith(month) ? '' : 'other', day.date === today ? 'today' : ''];
  return (
    <td className={classes.join(' ')}>
      <span className="date">
        <span aria-hidden="true">{Number(day.date.slice(8))}</span>
        <span className="hidden">{longDay(day.date)}</span>
        {peaks.length === 0 ? null : <span className="peak-mark">× {highest}</span>}
      </span>
      <div className="track">
        {freezes.map((part) => (
          <span key={part.from} className="bar bar-Freeze" style={placeOf(part)} />
        ))}
      </div>
      {freezes.length === 0 ? null : <span className="hidden">frozen for a part of the day</span>}
      <ul className="names">
        {weddings.slice(0, NAMES).map(({ name, ceremony, state }) => (
          <li key={name} className={state === 'Confirmed' ? '' : 'quiet'}>
            {clockTime(Date.parse(ceremony), timeZone)} {name}
          </li>
        ))}
        {weddings.length > NAMES ? <li className="quiet">{weddings.length - NAMES} more</li> : null}
      </ul>
    </td>
  );
}
