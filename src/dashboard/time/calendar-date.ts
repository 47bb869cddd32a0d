/** Days of the calendar as texts, YYYY-MM-DD, without a zone. */

const MS_A_DAY = 86_400_000;

function utc(date: string): Date {
  return new Date(`${date}T00:00:00Z`);
}

export function addDays(date: string, days: number): string {
  return new Date(utc(date).getTime() + days * MS_A_DAY).toISOString().slice(0, 10);
}

/** The Monday on or before it. */
export function mondayOf(date: string): string {
  return addDays(date, -((utc(date).getUTCDay() + 6) % 7));
}

/** The first day of its month, or of one some months later. */
export function firstOfMonth(date: string, monthsLater = 0): string {
  const day = utc(date);
  return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + monthsLater, 1))
    .toISOString()
    .slice(0, 10);
}

/** `June 2027` */
export function monthName(date: string): string {
  return new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
    utc(date),
  );
}

/** `Saturday 5 June` */
export function longDay(date: string): string {
  return new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' })
    .format(utc(date))
    .replace(',', '');
}
