import { formatInstant } from '../../domain/calendar/instant.ts';

const MS_AN_HOUR = 3_600_000;

/** Open time before a freeze window, or after the last one. */
export interface FreezeGap {
  from: Date;
  /** Undefined: no freeze is known after it. */
  until?: Date;
  /** Its length, to a tenth of an hour. */
  hours?: number;
}

/** The length of the open time before a window; `-` when there is none. */
export function openBefore(gaps: readonly FreezeGap[], from: string): string {
  const gap = gaps.find(({ until }) => until?.getTime() === Date.parse(from));
  return gap?.hours === undefined ? '-' : `${gap.hours}h`;
}

/** The open time from an instant on, in order. */
export function freezeGaps(windows: readonly { from: string; until: string }[], now: Date): FreezeGap[] {
  const gaps: FreezeGap[] = [];
  let at = now.getTime();
  for (const window of windows) {
    const [from, until] = [Date.parse(window.from), Date.parse(window.until)];
    if (from > at) {
      const hours = Math.floor(((from - at) / MS_AN_HOUR) * 10) / 10;
      gaps.push({ from: new Date(at), until: new Date(from), hours });
    }
    at = Math.max(at, until);
  }
  return [...gaps, { from: new Date(at) }];
}

/** As JSON has it. */
export function gapOnTheWire({ from, until, hours }: FreezeGap) {
  return {
    from: formatInstant(from),
    ...(until === undefined ? {} : { until: formatInstant(until), hours }),
  };
}
