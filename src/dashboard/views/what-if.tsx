import { useEffect, useState } from 'react';
import type { Explanation } from '../../api/dashboard/explanation.ts';
import { localDateTime } from '../time/format.ts';
import { ExplanationText } from './explanation-text.tsx';
import { Moment } from './moment.tsx';

export interface WhatIfProps {
  timeZone: string;
  nowMs: number;
  /** Asks for a time on the clocks of the PresenceCluster, `2027-06-05T18:30`. */
  explain: (at: string, signal: AbortSignal) => Promise<Explanation>;
}

/** A request per stop of the hand, not per hour that the slider passes. */
const SETTLE_MS = 150;
const HOURS_AHEAD = 14 * 24;
const MS_AN_HOUR = 3_600_000;

type Answer = { explanation: Explanation } | { failure: string } | undefined;

/** "What if it were then?": the answer of `explain` for any time, by a field for the time or by dragging. */
export function WhatIf({ timeZone, nowMs, explain }: WhatIfProps) {
  const [at, setAt] = useState(() => localDateTime(nowMs, timeZone));
  const [hours, setHours] = useState(0);
  const [answer, setAnswer] = useState<Answer>();
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      explain(at, stop.signal).then(
        (explanation) => setAnswer({ explanation }),
        (error: unknown) => {
          if (!stop.signal.aborted)
            setAnswer({ failure: error instanceof Error ? error.message : String(error) });
        },
      );
    }, SETTLE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [at, explain]);
  return (
    <div className="what-if">
      <div className="tools">
        <label>
          Time in {timeZone}{' '}
          <input
            type="datetime-local"
            value={at}
            min="2000-01-01T00:00"
            max="2099-12-30T23:59"
            onInput={(event) => {
              if (event.currentTarget.value !== '') setAt(event.currentTarget.value);
            }}
          />
        </label>
        <label className="drag">
          Or drag: {hours === 0 ? 'now' : `in ${hours} h`}
          <input
            type="range"
            min={0}
            max={HOURS_AHEAD}
            value={hours}
            onInput={(event) => {
              const ahead = Number(event.currentTarget.value);
              setHours(ahead);
              setAt(localDateTime(nowMs + ahead * MS_AN_HOUR, timeZone));
            }}
          />
        </label>
      </div>
      <div aria-live="polite">
        {answer === undefined ? <p className="quiet">Computing …</p> : null}
        {answer !== undefined && 'failure' in answer ? <p className="notice bad">{answer.failure}</p> : null}
        {answer !== undefined && 'explanation' in answer ? (
          <>
            <p className="quiet">
              Plan for <Moment at={answer.explanation.at} timeZone={timeZone} nowMs={nowMs} />
            </p>
            <ExplanationText explanation={answer.explanation} nowMs={nowMs} />
          </>
        ) : null}
      </div>
    </div>
  );
}
