import type { CalendarDay } from '../../api/dashboard/calendar-page.ts';

/** The part of a day that a span covers, as shares of the day from 0 to 1. */
export interface DayPart {
  from: number;
  until: number;
}

/** Undefined: the span does not touch the day. */
export function partOf(day: CalendarDay, span: { from: string; until: string }): DayPart | undefined {
  const [start, end] = [Date.parse(day.from), Date.parse(day.until)];
  const share = (at: string): number => Math.min(1, Math.max(0, (Date.parse(at) - start) / (end - start)));
  const part = { from: share(span.from), until: share(span.until) };
  return part.until > part.from ? part : undefined;
}

/** How a part is placed in a track as wide as the day. */
export function placeOf({ from, until }: DayPart): { left: string; width: string } {
  return { left: `${from * 100}%`, width: `${(until - from) * 100}%` };
}
