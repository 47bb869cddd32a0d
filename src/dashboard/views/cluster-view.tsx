import type { ClusterPage } from '../../api/dashboard/cluster-page.ts';
import { PodTimeline } from '../chart/pod-timeline.tsx';
import { lengthOf } from '../time/format.ts';
import { ConditionList, EventList, HeldList, OverrideList, Panel, WeddingList } from './cluster-lists.tsx';
import { ExplanationText } from './explanation-text.tsx';
import { FleetLine } from './fleet-line.tsx';
import { ShardTable } from './shard-table.tsx';

/** Spans of the timeline that can be chosen. */
export const SPANS = [
  { name: 'Day', hoursBehind: 12, hoursAhead: 36 },
  { name: 'Week', hoursBehind: 48, hoursAhead: 168 },
  { name: 'Past week', hoursBehind: 168, hoursAhead: 24 },
] as const;
export type SpanName = (typeof SPANS)[number]['name'];

export interface ClusterViewProps {
  /** Undefined: not known yet. */
  page: ClusterPage | undefined;
  nowMs: number;
  span: SpanName;
  onSpan: (span: SpanName) => void;
  /** Address of this page. */
  href: string;
}

/** One PresenceCluster: how many pods and why, what comes, where Redis is, what waits. */
export function ClusterView({ page, nowMs, span, onSpan, href }: ClusterViewProps) {
  if (page === undefined) return <p className="quiet">Reading …</p>;
  const { row, timeline, explanation, redis, notShown, note, notComputed } = page;
  const shared = { timeZone: row.timeZone, nowMs };
  return (
    <>
      <ul className="board alone">
        <FleetLine row={row} nowMs={nowMs} href={href} />
      </ul>
      {row.state === 'Ready' ? null : <p className="notice amber">{row.stateBecause}</p>}
      {row.isStale && row.observedAt !== undefined ? (
        <p className="notice bad">
          The operator confirmed this {lengthOf(nowMs - Date.parse(row.observedAt))} ago: what follows may be
          out of date.
        </p>
      ) : null}
      {note === undefined ? null : <p className="notice amber">{note}</p>}
      {notComputed === undefined ? null : <p className="notice bad">{notComputed}</p>}
      {timeline === undefined ? null : (
        <section className="panel wide" aria-labelledby="timeline-title">
          <h2 id="timeline-title">Pods, behind and ahead</h2>
          <fieldset className="choices">
            <legend className="hidden">Span</legend>
            {SPANS.map(({ name }) => (
              <button type="button" key={name} aria-pressed={name === span} onClick={() => onSpan(name)}>
                {name}
              </button>
            ))}
          </fieldset>
          <PodTimeline timeline={timeline} {...shared} />
        </section>
      )}
      <div className="panels">
        {explanation === undefined ? null : (
          <Panel title="Why so many now">
            <ExplanationText explanation={explanation} nowMs={nowMs} />
          </Panel>
        )}
        {redis === undefined ? null : (
          <Panel title="Redis by node">
            <ShardTable redis={redis} {...shared} />
          </Panel>
        )}
        <Panel title="Held changes">
          <HeldList held={page.held} notShown={notShown.held} {...shared} />
        </Panel>
        <Panel title="Overrides">
          <OverrideList overrides={page.overrides} notShown={notShown.overrides} {...shared} />
        </Panel>
        <Panel title="Weddings">
          <WeddingList weddings={page.weddings} notShown={notShown.weddings} nowMs={nowMs} />
        </Panel>
        <Panel title="Conditions">
          <ConditionList conditions={page.conditions} notShown={notShown.conditions} {...shared} />
        </Panel>
        <Panel title="Events">
          <EventList events={page.events} notShown={notShown.events} {...shared} />
        </Panel>
      </div>
    </>
  );
}
