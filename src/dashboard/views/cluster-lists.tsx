import type { ReactNode } from 'react';
import type {
  ConditionRow,
  EventRow,
  HeldRow,
  OverrideRow,
  WeddingRow,
} from '../../api/dashboard/cluster-page.ts';
import { Moment } from './moment.tsx';

interface ListProps {
  timeZone: string;
  nowMs: number;
  /** Entries that are left out. */
  notShown: number;
}

/** A part of the page with its heading. */
export function Panel({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="panel">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** How many entries a list leaves out. */
export function More({ count }: { count: number }) {
  return count === 0 ? null : <p className="quiet">{count} more are not shown.</p>;
}

export function HeldList({ held, timeZone, nowMs, notShown }: ListProps & { held: readonly HeldRow[] }) {
  if (held.length === 0) return <p className="quiet">No change waits.</p>;
  return (
    <>
      <ul className="entries">
        {held.map(({ workload, since, until, fields }) => (
          <li key={workload}>
            <strong>{workload}</strong> waits since <Moment at={since} timeZone={timeZone} nowMs={nowMs} />
            {until === undefined ? null : (
              <>
                {' '}
                until <Moment at={until} timeZone={timeZone} nowMs={nowMs} />
              </>
            )}
            <ul className="fields">
              {fields.map((field) => (
                <li key={field}>
                  <code>{field}</code>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
      <More count={notShown} />
    </>
  );
}

export function OverrideList({
  overrides,
  timeZone,
  nowMs,
  notShown,
}: ListProps & { overrides: readonly OverrideRow[] }) {
  if (overrides.length === 0) return <p className="quiet">No override was in force in the last day.</p>;
  return (
    <>
      <ul className="entries">
        {overrides.map(({ name, requestedBy, ticket, reason, scope, until, active }) => (
          <li key={name}>
            <strong className={active === 'True' ? 'amber' : ''}>{requestedBy}</strong> · {ticket} ·{' '}
            {scope.join(', ')} ·{' '}
            {active === 'False' ? 'ended' : active === 'True' ? 'open until' : 'not looked at yet, ends'}{' '}
            <Moment at={until} timeZone={timeZone} nowMs={nowMs} />
            <br />
            <span className="quiet">{reason}</span>
          </li>
        ))}
      </ul>
      <More count={notShown} />
    </>
  );
}

export function ConditionList({
  conditions,
  timeZone,
  nowMs,
  notShown,
}: ListProps & { conditions: readonly ConditionRow[] }) {
  const trouble = conditions.filter(({ isTrouble }) => isTrouble);
  const others = conditions.filter(({ isTrouble }) => !isTrouble);
  const item = ({ type, status, reason, message, since, isTrouble }: ConditionRow) => (
    <li key={type} className={isTrouble ? 'trouble' : ''}>
      <strong>{type}</strong> {status} · {reason} · <Moment at={since} timeZone={timeZone} nowMs={nowMs} />
      <br />
      <span className="quiet">{message}</span>
    </li>
  );
  return (
    <>
      {trouble.length === 0 ? (
        <p className="quiet">No condition is in trouble.</p>
      ) : (
        <ul className="entries">{trouble.map(item)}</ul>
      )}
      {others.length === 0 ? null : (
        <details>
          <summary>{others.length} other conditions</summary>
          <ul className="entries">{others.map(item)}</ul>
        </details>
      )}
      <More count={notShown} />
    </>
  );
}

export function EventList({
  events,
  timeZone,
  nowMs,
  notShown,
}: ListProps & { events: readonly EventRow[] }) {
  if (events.length === 0) return <p className="quiet">No event is kept.</p>;
  return (
    <>
      <ul className="entries">
        {events.map(({ at, reason, isWarning, note, count }) => (
          <li key={`${at} ${reason} ${note}`}>
            <Moment at={at} timeZone={timeZone} nowMs={nowMs} short={true} />{' '}
            <strong className={isWarning ? 'amber' : ''}>{reason}</strong>
            {count > 1 ? <span className="tag">× {count}</span> : null} {note}
          </li>
        ))}
      </ul>
      <More count={notShown} />
    </>
  );
}

/** Weddings that are on or come, each on the clocks of its venue. */
export function WeddingList({
  weddings,
  nowMs,
  notShown,
  hrefOf,
}: Omit<ListProps, 'timeZone'> & { weddings: readonly WeddingRow[]; hrefOf: (name: string) => string }) {
  if (weddings.length === 0) return <p className="quiet">There is none.</p>;
  return (
    <>
      <ul className="entries">
        {weddings.map(({ name, timeZone, ceremony, people, state }) => {
          const isOn = state === 'Confirmed' && Date.parse(ceremony) <= nowMs;
          return (
            <li key={name}>
              <a href={hrefOf(name)}>
                <strong>{name}</strong>
              </a>{' '}
              {isOn ? <span className="tag good">on</span> : null}
              {state === 'Confirmed' ? null : <span className="tag">{state}</span>}
              <br />
              <Moment at={ceremony} timeZone={timeZone} nowMs={nowMs} /> {timeZone} · {people} people
            </li>
          );
        })}
      </ul>
      <More count={notShown} />
    </>
  );
}
