import { useCallback, useEffect, useMemo, useState } from 'react';
import type { CalendarPage } from '../../api/dashboard/calendar-page.ts';
import type { ClusterPage } from '../../api/dashboard/cluster-page.ts';
import type { Explanation } from '../../api/dashboard/explanation.ts';
import type { FleetRow, FleetUpdate } from '../../api/dashboard/fleet.ts';
import { TIMELINE_SPANS, type TimelineSpan } from '../../api/dashboard/timeline-span.ts';
import type { WeddingPage } from '../../api/dashboard/wedding-page.ts';
import { clockTime, dayOf, localDate, readerZone } from '../time/format.ts';
import { type CalendarChoice, CalendarView, daysOf } from '../views/calendar-view.tsx';
import { ClusterView } from '../views/cluster-view.tsx';
import { FleetBoard } from '../views/fleet-board.tsx';
import { Freshness } from '../views/freshness.tsx';
import { Login } from '../views/login.tsx';
import { WeddingView } from '../views/wedding-view.tsx';
import { WhatIf } from '../views/what-if.tsx';
import type { StreamEvent } from './event-stream.ts';
import { updatedRows } from './fleet-rows.ts';
import { fragmentOf, type Route, routeOf } from './route.ts';
import { ServerData, type ServerFailure } from './server-data.ts';
import { useStream } from './use-stream.ts';

/** Ages and "in 3 h" are right to this. */
const TICK_MS = 5000;

export interface AppProps {
  /** Empty: none. */
  token: string;
  /** Keeps a token that was entered. */
  keep: (token: string) => void;
}

/** The page: which view is shown, and where its data comes from. */
export function App({ token: given, keep }: AppProps) {
  const [token, setToken] = useState(given);
  const [refused, setRefused] = useState<ServerFailure>();
  const data = useMemo(() => new ServerData(token, setRefused), [token]);
  const [route, setRoute] = useState(() => routeOf(location.hash));
  const [nowMs, setNow] = useState(() => Date.now());
  useEffect(() => {
    const onHash = (): void => setRoute(routeOf(location.hash));
    addEventListener('hashchange', onHash);
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => {
      removeEventListener('hashchange', onHash);
      clearInterval(timer);
    };
  }, []);
  useEffect(() => {
    document.title = titleOf(route);
  }, [route]);
  return (
    <>
      <header className="top">
        <nav aria-label="Views">
          <a href={fragmentOf({ view: 'fleet' })} aria-current={route.view === 'fleet' ? 'page' : undefined}>
            All
          </a>
          {route.view === 'fleet' ? null : <ClusterLinks route={route} />}
        </nav>
        <p className="clock">
          <strong>{clockTime(nowMs, readerZone())}</strong>{' '}
          <span className="quiet">
            {dayOf(nowMs, readerZone())}, {readerZone()}
          </span>
        </p>
      </header>
      <main>
        {refused !== undefined ? (
          <Login
            isKnown={refused.status === 403}
            message={refused.message}
            onRetry={() => setRefused(undefined)}
            onToken={(entered) => {
              keep(entered);
              setRefused(undefined);
              setToken(entered);
            }}
          />
        ) : route.view === 'fleet' ? (
          <Fleet data={data} nowMs={nowMs} />
        ) : route.view === 'wedding' ? (
          <Wedding data={data} nowMs={nowMs} route={route} />
        ) : (
          <Cluster key={`${route.namespace}/${route.name}`} data={data} nowMs={nowMs} route={route} />
        )}
      </main>
    </>
  );
}

function titleOf(route: Route): string {
  if (route.view === 'fleet') return 'Presence';
  return `${route.view === 'wedding' ? route.wedding : route.name} · Presence`;
}

type WeddingRoute = Extract<Route, { view: 'wedding' }>;
type ClusterRoute = Exclude<Route, { view: 'fleet' } | WeddingRoute>;

const LINKS: readonly (readonly [ClusterRoute['view'], string])[] = [
  ['cluster', 'Now'],
  ['calendar', 'Calendar'],
  ['what-if', 'What if'],
];

function ClusterLinks({ route }: { route: ClusterRoute | WeddingRoute }) {
  const { namespace, name } = route;
  return (
    <>
      <span aria-hidden="true"> / </span>
      <span className="where">
        {namespace}/<strong>{name}</strong>
      </span>
      {LINKS.map(([view, title]) => (
        <a
          key={view}
          href={fragmentOf({ view, namespace, name })}
          aria-current={route.view === view ? 'page' : undefined}
        >
          {title}
        </a>
      ))}
    </>
  );
}

function takeFleet(
  rows: ReadonlyMap<string, FleetRow> | undefined,
  { data }: StreamEvent,
): ReadonlyMap<string, FleetRow> {
  return updatedRows(rows, JSON.parse(data) as FleetUpdate);
}

function Fleet({ data, nowMs }: { data: ServerData; nowMs: number }) {
  const { value, ...freshness } = useStream(data, '/api/fleet', takeFleet);
  const rows = value === undefined ? undefined : [...value.values()];
  const stale = rows?.filter(({ isStale }) => isStale).length ?? 0;
  const isEmpty = freshness.health?.sources.every(({ synced }) => synced) === true;
  return (
    <>
      <Freshness {...freshness} nowMs={nowMs} staleClusters={stale} />
      <FleetBoard
        rows={rows ?? (isEmpty ? [] : undefined)}
        nowMs={nowMs}
        hrefOf={({ namespace, name }) => fragmentOf({ view: 'cluster', namespace, name })}
      />
    </>
  );
}

function takeWedding(_: WeddingPage | undefined, { data }: StreamEvent): WeddingPage {
  return JSON.parse(data) as WeddingPage;
}

function Wedding({ data, nowMs, route }: { data: ServerData; nowMs: number; route: WeddingRoute }) {
  const { namespace, name, wedding } = route;
  const path = `${pathOf(route)}/weddings/${encodeURIComponent(wedding)}`;
  const { value: page, ...freshness } = useStream(data, path, takeWedding);
  return (
    <>
      <Freshness {...freshness} nowMs={nowMs} staleClusters={page?.row.isStale === true ? 1 : 0} />
      <h1>{wedding}</h1>
      <WeddingView
        page={page}
        nowMs={nowMs}
        clusterHref={fragmentOf({ view: 'cluster', namespace, name })}
        hrefOf={(other) => fragmentOf({ ...route, wedding: other })}
      />
    </>
  );
}

/** Where the server has the data of a PresenceCluster. */
function pathOf({ namespace, name }: { namespace: string; name: string }): string {
  return `/api/clusters/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}

function takePage(_: ClusterPage | undefined, { data }: StreamEvent): ClusterPage {
  return JSON.parse(data) as ClusterPage;
}

function Cluster({ data, nowMs, route }: { data: ServerData; nowMs: number; route: ClusterRoute }) {
  const [span, setSpan] = useState<TimelineSpan>(TIMELINE_SPANS[0]);
  const base = pathOf(route);
  const path = `${base}?span=${span.id}`;
  const { value: page, ...freshness } = useStream(data, path, takePage);
  const explain = useCallback(
    (at: string, signal: AbortSignal) =>
      data.get<Explanation>(`${base}/explain?at=${encodeURIComponent(at)}`, signal),
    [data, base],
  );
  const timeZone = page?.row.timeZone;
  return (
    <>
      <Freshness {...freshness} nowMs={nowMs} staleClusters={0} />
      <h1 className={route.view === 'cluster' ? 'hidden' : ''}>
        {route.name}{' '}
        <span className="quiet">{route.view === 'calendar' ? 'calendar' : 'what if it were then'}</span>
      </h1>
      {route.view === 'cluster' ? (
        <ClusterView
          page={page}
          nowMs={nowMs}
          span={span}
          onSpan={setSpan}
          href={fragmentOf(route)}
          hrefOf={(wedding) => fragmentOf({ ...route, view: 'wedding', wedding })}
        />
      ) : null}
      {route.view === 'what-if' && timeZone !== undefined ? (
        <WhatIf timeZone={timeZone} nowMs={nowMs} explain={explain} />
      ) : null}
      {route.view === 'calendar' && timeZone !== undefined ? (
        <Calendar data={data} base={base} timeZone={timeZone} nowMs={nowMs} page={page} />
      ) : null}
    </>
  );
}

interface CalendarProps {
  data: ServerData;
  base: string;
  timeZone: string;
  nowMs: number;
  /** Read the calendar again when it changes. */
  page: ClusterPage | undefined;
}

function Calendar({ data, base, timeZone, nowMs, page }: CalendarProps) {
  const today = localDate(nowMs, timeZone);
  const [choice, setChoice] = useState<CalendarChoice>({ scale: 'Month', day: today });
  const [answer, setAnswer] = useState<{ calendar?: CalendarPage; failure?: string }>({});
  const { firstDay, days } = daysOf(choice);
  // A change of the page is a change of the calendar.
  useEffect(() => {
    const stop = new AbortController();
    data.get<CalendarPage>(`${base}/calendar?day=${firstDay}&days=${days}`, stop.signal).then(
      (calendar) => setAnswer({ calendar }),
      (error: unknown) => {
        if (!stop.signal.aborted)
          setAnswer({ failure: error instanceof Error ? error.message : String(error) });
      },
    );
    return () => stop.abort();
  }, [data, base, firstDay, days, page]);
  return (
    <CalendarView
      calendar={answer.calendar}
      failure={answer.failure}
      choice={choice}
      onChoice={setChoice}
      today={today}
      nowMs={nowMs}
    />
  );
}
