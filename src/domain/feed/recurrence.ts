import { MS_A_DAY, monthOf } from '../calendar/local-time.ts';

/** A weekday of a rule: 0 is Monday. `nth` 0 is every one, 2 the second, -1 the last. */
export interface RuleWeekday {
  weekday: number;
  nth: number;
}

/** A recurrence rule (RFC 5545 3.3.10) as far as it speaks of days; the time of day never changes. */
export interface RecurrenceRule {
  frequency: 'Daily' | 'Weekly' | 'Monthly' | 'Yearly';
  interval: number;
  count: number | undefined;
  /** Last day, inclusive. */
  until: number | undefined;
  months: readonly number[];
  monthDays: readonly number[];
  weekdays: readonly RuleWeekday[];
  positions: readonly number[];
  /** 0 is Monday. */
  weekStart: number;
}

export interface DayWindow {
  from: number;
  until: number;
  atMost: number;
  /** Called for each period that is looked at; may throw to put an end to it. */
  spend?: () => void;
}

/** A rule that finds nothing for so many periods finds nothing: 30 February. */
const MAX_PERIODS = 50_000;
/** Longest period in days, so that none is jumped over. */
const PERIOD_DAYS = { Daily: 1, Weekly: 7, Monthly: 31, Yearly: 366 } as const;
const WEEKDAY_OF_DAY_ZERO = 3;

/**
 * Days of a rule that lie in a window, in order; undefined when there are more than the window takes. Bounded for any
 * rule: at most {@link MAX_PERIODS} periods are looked at.
 */
export function occurrenceDays(rule: RecurrenceRule, start: number, window: DayWindow): number[] | undefined {
  const until = Math.min(window.until, rule.until ?? window.until);
  const found: number[] = [];
  let counted = 0;
  for (const day of daysOfRule(rule, start, { from: window.from, until, spend: window.spend })) {
    counted += 1;
    if (day > until || counted > (rule.count ?? counted)) break;
    if (day >= window.from && found.push(day) > window.atMost) return undefined;
  }
  return found;
}

/** Days of a rule from its start on; without COUNT, periods before `from` are jumped over. */
function* daysOfRule(
  rule: RecurrenceRule,
  start: number,
  { from, until, spend }: { from: number; until: number; spend: DayWindow['spend'] | undefined },
): Generator<number> {
  const first = rule.count === undefined ? periodsToSkip(rule, start, from) : 0;
  for (let index = first; index < first + MAX_PERIODS; index++) {
    const period = periodOf(rule, start, index);
    if (period.first > until) return;
    spend?.();
    for (const day of positioned(rule, period.days)) if (day >= start) yield day;
  }
}

function periodsToSkip({ frequency, interval }: RecurrenceRule, start: number, from: number): number {
  return Math.max(0, Math.floor((from - start) / (interval * PERIOD_DAYS[frequency])) - 1);
}

function positioned({ positions }: RecurrenceRule, days: readonly number[]): number[] {
  const sorted = [...new Set(days)].sort((a, b) => a - b);
  if (positions.length === 0) return sorted;
  const picked = positions.map((position) => sorted.at(position > 0 ? position - 1 : position));
  return [...new Set(picked)].filter((day) => day !== undefined).sort((a, b) => a - b);
}

/** The days of one period that the rule names, before BYSETPOS, and where the period begins. */
function periodOf(rule: RecurrenceRule, start: number, index: number): { first: number; days: number[] } {
  const step = rule.interval * index;
  switch (rule.frequency) {
    case 'Daily': {
      const day = start + step;
      return { first: day, days: [day].filter((each) => inMonths(rule, each) && onDays(rule, each)) };
    }
    case 'Weekly': {
      const first = start - ((weekdayIndex(start) - rule.weekStart + 7) % 7) + 7 * step;
      const weekdays = rule.weekdays.length > 0 ? rule.weekdays : [{ weekday: weekdayIndex(start), nth: 0 }];
      const days = Array.from({ length: 7 }, (_, offset) => first + offset).filter(
        (day) => inMonths(rule, day) && weekdays.some(({ weekday }) => weekday === weekdayIndex(day)),
      );
      return { first, days };
    }
    case 'Monthly': {
      const month = span(monthIndex(start) + step, 1);
      const days = inMonths(rule, month.first) ? daysOfMonth(rule, month, start) : [];
      return { first: month.first, days };
    }
    case 'Yearly': {
      const january = (Math.floor(monthIndex(start) / 12) + step) * 12;
      return { first: span(january, 1).first, days: daysOfYear(rule, january, start) };
    }
  }
}

interface Span {
  first: number;
  length: number;
}

function daysOfYear(rule: RecurrenceRule, january: number, start: number): number[] {
  const { months, monthDays, weekdays } = rule;
  if (months.length === 0 && monthDays.length === 0 && weekdays.length > 0) {
    return matching(span(january, 12), weekdays);
  }
  const wanted =
    months.length > 0
      ? months
      : monthDays.length > 0
        ? Array.from({ length: 12 }, (_, month) => month + 1)
        : [monthOf(start)];
  return wanted.flatMap((month) => daysOfMonth(rule, span(january + month - 1, 1), start));
}

function daysOfMonth({ monthDays, weekdays }: RecurrenceRule, month: Span, start: number): number[] {
  if (monthDays.length === 0) {
    if (weekdays.length > 0) return matching(month, weekdays);
    const day = month.first + new Date(start * MS_A_DAY).getUTCDate() - 1;
    return day < month.first + month.length ? [day] : [];
  }
  const days = monthDays
    .map((number) => (number > 0 ? number : month.length + number + 1))
    .filter((number) => number >= 1 && number <= month.length)
    .map((number) => month.first + number - 1);
  if (weekdays.length === 0) return days;
  const fitting = new Set(matching(month, weekdays));
  return days.filter((day) => fitting.has(day));
}

function matching({ first, length }: Span, weekdays: readonly RuleWeekday[]): number[] {
  const days = Array.from({ length }, (_, offset) => first + offset);
  return days.filter((day) =>
    weekdays.some(({ weekday, nth }) => {
      if (weekday !== weekdayIndex(day)) return false;
      if (nth === 0) return true;
      const fromFront = Math.floor((day - first) / 7) + 1;
      return nth > 0 ? fromFront === nth : Math.floor((first + length - 1 - day) / 7) + 1 === -nth;
    }),
  );
}

function onDays({ monthDays, weekdays }: RecurrenceRule, day: number): boolean {
  const { first, length } = span(monthIndex(day), 1);
  const number = day - first + 1;
  return (
    (monthDays.length === 0 || monthDays.some((each) => each === number || each === number - length - 1)) &&
    (weekdays.length === 0 || weekdays.some(({ weekday }) => weekday === weekdayIndex(day)))
  );
}

function inMonths({ months }: RecurrenceRule, day: number): boolean {
  return months.length === 0 || months.includes(monthOf(day));
}

function weekdayIndex(day: number): number {
  return (((day + WEEKDAY_OF_DAY_ZERO) % 7) + 7) % 7;
}

/** Months since the year 0. */
function monthIndex(day: number): number {
  const date = new Date(day * MS_A_DAY);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** First day and number of days of so many months. */
function span(index: number, months: number): Span {
  const firstOf = (month: number): number => Date.UTC(Math.floor(month / 12), month % 12, 1) / MS_A_DAY;
  const first = firstOf(index);
  return { first, length: firstOf(index + months) - first };
}
