import type { CalendarPage } from '../../api/dashboard/calendar-page.ts';
import { addDays, firstOfMonth, mondayOf, monthName } from '../time/calendar-date.ts';
import { Moment } from './moment.tsx';
import { MonthTable } from './month-table.tsx';
import { WeekRows } from './week-rows.tsx';

export type CalendarScale = 'Month' | 'Week';

/** What the calendar shows: a scale, and a day in the month or week. */
export interface CalendarChoice {
  scale: CalendarScale;
  day: string;
}

export interface CalendarViewProps {
  /** Undefined: not known yet. */
  calendar: CalendarPage | undefined;
  failure: string | undefined;
  choice: CalendarChoice;
  onChoice: (choice: CalendarChoice) => void;
  /** The day that it is on the clocks of the PresenceCluster. */
  today: string;
  nowMs: number;
}

/** The days that a choice needs: whole weeks from a Monday. */
export function daysOf({ scale, day }: CalendarChoice): { firstDay: string; days: number } {
  return scale === 'Week'
    ? { firstDay: mondayOf(day), days: 7 }
    : { firstDay: mondayOf(firstOfMonth(day)), days: 42 };
}

function moved({ scale, day }: CalendarChoice, by: 1 | -1): CalendarChoice {
  return { scale, day: scale === 'Week' ? addDays(day, 7 * by) : firstOfMonth(day, by) };
}

/** Freezes, peaks and weddings of a month or a week, and when something can be changed. */
export function CalendarView(props: CalendarViewProps) {
  const { calendar, failure, choice, onChoice, today, nowMs } = props;
  return (
    <section aria-labelledby="calendar-title">
      <div className="tools">
        <button type="button" aria-label="Before" onClick={() => onChoice(moved(choice, -1))}>
          ←
        </button>
        <h2 id="calendar-title">
          {choice.scale === 'Month' ? monthName(choice.day) : `Week of ${mondayOf(choice.day)}`}
        </h2>
        <button type="button" aria-label="After" onClick={() => onChoice(moved(choice, 1))}>
          →
        </button>
        <button type="button" onClick={() => onChoice({ ...choice, day: today })}>
          Today
        </button>
        <fieldset className="choices">
          <legend className="hidden">Scale</legend>
          {(['Month', 'Week'] as const).map((scale) => (
            <button
              type="button"
              key={scale}
              aria-pressed={scale === choice.scale}
              onClick={() => onChoice({ ...choice, scale })}
            >
              {scale}
            </button>
          ))}
        </fieldset>
      </div>
      {failure === undefined ? null : <p className="notice bad">{failure}</p>}
      {calendar === undefined ? <p className="quiet">Reading …</p> : null}
      {calendar === undefined ? null : <Calendar {...props} calendar={calendar} nowMs={nowMs} />}
    </section>
  );
}

function Calendar({ calendar, choice, today, nowMs }: CalendarViewProps & { calendar: CalendarPage }) {
  return (
    <>
      <Budget calendar={calendar} nowMs={nowMs} />
      {choice.scale === 'Month' ? (
        <MonthTable calendar={calendar} month={choice.day.slice(0, 7)} today={today} />
      ) : (
        <WeekRows calendar={calendar} today={today} nowMs={nowMs} />
      )}
      <p className="quiet">
        Days are those of {calendar.timeZone}.{' '}
        {calendar.notShown === 0 ? '' : `${calendar.notShown} more weddings are not shown.`}
      </p>
    </>
  );
}

function Budget({ calendar, nowMs }: { calendar: CalendarPage; nowMs: number }) {
  const { budget, nextSafeWindow: safe, timeZone } = calendar;
  return (
    <div className={budget.isExceeded ? 'notice amber' : 'notice'}>
      <p>
        <strong>Freeze budget:</strong> {budget.message}
      </p>
      {safe === undefined ? null : (
        <p>
          <strong>{safe.open ? 'Next safe window:' : 'Least risky time:'}</strong>{' '}
          {safe.from === undefined ? 'now' : <Moment at={safe.from} timeZone={timeZone} nowMs={nowMs} />}
          {safe.until === undefined ? (
            ', with no freeze ahead'
          ) : (
            <>
              {' '}
              until <Moment at={safe.until} timeZone={timeZone} nowMs={nowMs} />
            </>
          )}
          , with {safe.weddings} weddings and {safe.people} people near.
        </p>
      )}
    </div>
  );
}
