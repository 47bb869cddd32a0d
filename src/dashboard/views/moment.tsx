import { dayAndTime, knownZone, readerZone, shortTime } from '../time/format.ts';

export interface MomentProps {
  /** RFC 3339 */
  at: string;
  timeZone: string;
  nowMs: number;
  /** Leave out the day when it is today. */
  short?: boolean;
}

/** An instant on the clocks of a PresenceCluster or a venue, and on those of the reader where they differ. */
export function Moment({ at, timeZone, nowMs, short = false }: MomentProps) {
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return <span>at an unknown time</span>;
  const text = short ? shortTime(ms, timeZone, nowMs) : dayAndTime(ms, timeZone, nowMs);
  const own = readerZone();
  const here = short ? shortTime(ms, own, nowMs) : dayAndTime(ms, own, nowMs);
  return (
    <time dateTime={at} title={`${at}, ${knownZone(timeZone)}`}>
      {text}
      {here === text ? null : <span className="here"> ({here} here)</span>}
    </time>
  );
}
