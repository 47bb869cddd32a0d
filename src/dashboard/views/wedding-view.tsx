import type { RecordedStep } from '../../api/dashboard/timeline.ts';
import type { WeddingPage } from '../../api/dashboard/wedding-page.ts';
import { PodTimeline } from '../chart/pod-timeline.tsx';
import { EventList, More, Panel, WeddingList } from './cluster-lists.tsx';
import { FleetLine } from './fleet-line.tsx';
import { Moment } from './moment.tsx';

export interface WeddingViewProps {
  /** Undefined: not known yet. */
  page: WeddingPage | undefined;
  nowMs: number;
  /** Address of the page of its PresenceCluster. */
  clusterHref: string;
  /** Address of the page of a wedding. */
  hrefOf: (name: string) => string;
}

const PHASES: Readonly<Record<WeddingPage['phase'], string>> = {
  Upcoming: 'ahead',
  Active: 'on now',
  Over: 'over',
  Cancelled: 'cancelled',
  Unknown: 'at an unknown time',
};

/** One wedding: when it is, the crew that is expected, what protects it, and what happened in the last hour. */
export function WeddingView({ page, nowMs, clusterHref, hrefOf }: WeddingViewProps) {
  if (page === undefined) return <p className="quiet">Reading …</p>;
  const { row, wedding, phase, timeline, notComputed, notShown } = page;
  const shared = { timeZone: row.timeZone, nowMs };
  return (
    <>
      <p className="answer">
        <strong className={phase === 'Active' ? 'good' : ''}>{PHASES[phase]}</strong>
        {wedding.state === 'Confirmed' ? null : <span className="tag">{wedding.state}</span>} ·{' '}
        <Moment at={wedding.ceremony} timeZone={wedding.timeZone} nowMs={nowMs} /> to{' '}
        <Moment at={wedding.ends} timeZone={wedding.timeZone} nowMs={nowMs} />{' '}
        <span className="quiet">{wedding.timeZone}</span>
      </p>
      {notComputed === undefined ? null : <p className="notice bad">{notComputed}</p>}
      <ul className="board alone">
        <FleetLine row={row} nowMs={nowMs} href={clusterHref} />
      </ul>
      {timeline === undefined ? null : (
        <section className="panel wide" aria-labelledby="around-title">
          <h2 id="around-title">Around the wedding</h2>
          <PodTimeline timeline={timeline} {...shared} />
        </section>
      )}
      <div className="panels">
        <Panel title="Expected crew">
          <Crew page={page} />
        </Panel>
        <Panel title="Protection">
          <Protection page={page} nowMs={nowMs} />
        </Panel>
        <Panel title="Pods and connections in the last hour">
          <LastHour steps={page.lastHour} notShown={notShown.lastHour} {...shared} />
        </Panel>
        <Panel title="Events in the last hour">
          <EventList events={page.events} notShown={notShown.events} {...shared} />
        </Panel>
        <Panel title="Other weddings at that time">
          <WeddingList weddings={page.others} notShown={notShown.others} nowMs={nowMs} hrefOf={hrefOf} />
        </Panel>
      </div>
    </>
  );
}

function Crew({ page: { crew, wedding } }: { page: WeddingPage }) {
  return (
    <>
      <table>
        <thead>
          <tr>
            <th scope="col">role</th>
            <th scope="col">people</th>
          </tr>
        </thead>
        <tbody>
          {crew.map(({ role, people }) => (
            <tr key={role}>
              <th scope="row">{role}</th>
              <td className="number">{people}</td>
            </tr>
          ))}
          <tr>
            <th scope="row">all</th>
            <td className="number">{wedding.people}</td>
          </tr>
        </tbody>
      </table>
      <p className="quiet">
        Presence is not shown here: presence servers name people to their crew only. With a token for this
        wedding, <code>GET /v1/weddings/{wedding.name}/presence</code> lists members and missing people.
      </p>
    </>
  );
}

function Protection({ page, nowMs }: { page: WeddingPage; nowMs: number }) {
  const { freezes, row, notComputed } = page;
  if (notComputed !== undefined) return <p className="quiet">It is not known.</p>;
  if (freezes.length === 0) return <p className="amber">No freeze protects it.</p>;
  return (
    <ul className="entries">
      {freezes.map(({ from, until, reason }) => (
        <li key={from}>
          <strong className="frozen">Frozen</strong> from{' '}
          <Moment at={from} timeZone={row.timeZone} nowMs={nowMs} /> until{' '}
          <Moment at={until} timeZone={row.timeZone} nowMs={nowMs} />
          <br />
          <span className="quiet">{reason}</span>
        </li>
      ))}
    </ul>
  );
}

interface LastHourProps {
  steps: readonly RecordedStep[];
  timeZone: string;
  nowMs: number;
  notShown: number;
}

function LastHour({ steps, timeZone, nowMs, notShown }: LastHourProps) {
  if (steps.length === 0) return <p className="quiet">Nothing changed, or it was not seen.</p>;
  return (
    <>
      <ul className="entries">
        {steps.map(({ at, pods, connections }) => (
          <li key={at}>
            <Moment at={at} timeZone={timeZone} nowMs={nowMs} short={true} />{' '}
            {pods === undefined ? null : <strong>{Math.round(pods)} pods</strong>}
            {connections === undefined ? null : ` ${connections} connections`}
          </li>
        ))}
      </ul>
      <More count={notShown} />
    </>
  );
}
