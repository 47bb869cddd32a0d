/** Times for people, in the zone of a PresenceCluster and in that of the reader. */

const MS_A_MINUTE = 60_000;
const MS_AN_HOUR = 60 * MS_A_MINUTE;
const MS_A_DAY = 24 * MS_AN_HOUR;

/** Made once for each zone and form: making one takes longer than using it. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(timeZone: string, form: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const id = `${form} ${timeZone}`;
  let found = formatters.get(id);
  if (found === undefined) {
    found = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: knownZone(timeZone), hourCycle: 'h23' });
    formatters.set(id, found);
  }
  return found;
}

/** The zone where this browser knows it, otherwise UTC. */
export function knownZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}

/** The zone of the reader. */
export function readerZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** `18:30` */
export function clockTime(ms: number, timeZone: string): string {
  return formatter(timeZone, 'clock', { hour: '2-digit', minute: '2-digit' }).format(ms);
}

/** `Sat 5 Jun` */
export function dayOf(ms: number, timeZone: string): string {
  return formatter(timeZone, 'day', { weekday: 'short', day: 'numeric', month: 'short' })
    .format(ms)
    .replace(',', '');
}

/** `Sat 5 Jun 18:30`, with the year where it is not that of `nowMs`. */
export function dayAndTime(ms: number, timeZone: string, nowMs: number): string {
  const year = formatter(timeZone, 'year', { year: 'numeric' });
  const suffix = year.format(ms) === year.format(nowMs) ? '' : ` ${year.format(ms)}`;
  return `${dayOf(ms, timeZone)}${suffix} ${clockTime(ms, timeZone)}`;
}

/** `18:30` today, otherwise `Sat 5 Jun 18:30`. */
export function shortTime(ms: number, timeZone: string, nowMs: number): string {
  const isToday = localDate(ms, timeZone) === localDate(nowMs, timeZone);
  return isToday ? clockTime(ms, timeZone) : dayAndTime(ms, timeZone, nowMs);
}

/** `2027-06-05` */
export function localDate(ms: number, timeZone: string): string {
  const parts = formatter(timeZone, 'date', { year: 'numeric', month: '2-digit', day: '2-digit' });
  return parts.format(ms).split('/').reverse().join('-');
}

/** `2027-06-05T18:30`, the form of a field for dates and times. */
export function localDateTime(ms: number, timeZone: string): string {
  return `${localDate(ms, timeZone)}T${clockTime(ms, timeZone)}`;
}

/** `4 min`, `3 h 20 min`, `12 days` */
export function lengthOf(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < MS_A_MINUTE) return `${Math.floor(whole / 1000)} s`;
  if (whole < MS_AN_HOUR) return `${Math.floor(whole / MS_A_MINUTE)} min`;
  if (whole < 2 * MS_A_DAY) {
    const minutes = Math.floor((whole % MS_AN_HOUR) / MS_A_MINUTE);
    return `${Math.floor(whole / MS_AN_HOUR)} h${minutes === 0 ? '' : ` ${minutes} min`}`;
  }
  return `${Math.floor(whole / MS_A_DAY)} days`;
}
