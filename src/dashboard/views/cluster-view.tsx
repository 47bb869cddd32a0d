import type { ClusterPage } from '../../api/dashboard/cluster-page.ts';
import { TIMELINE_SPANS, type TimelineSpan } from '../../api/dashboard/timeline-span.ts';
import { PodTimeline } from '../chart/pod-timeline.tsx';
import { lengthOf } from '../time/format.ts';
import { ConditionList, EventList, HeldList, OverrideList, Panel, WeddingList } from './cluster-lists.tsx';
import { ExplanationText } from './explanation-text.tsx';
import { FleetLine } from './fleet-line.tsx';
import { ShardTable } from './shard-table.tsx';

export interface ClusterViewProps {
  /** Undefined: not known yet. */
  page: ClusterPage | undefined;
  nowMs: number;
  span: TimelineSpan;
  onSpan: (span: TimelineSpan) => void;
  /** Address of this page. */
  href: string;
  /** Address of the page of a wedding. */
  hrefOf: (wedding: string) => string;
}

/** One PresenceCluster: how many pods and why, what comes, where Redis is, what waits. */
export function ClusterView({ page, nowMs, span, onSpan, href, hrefOf }: ClusterViewProps) {
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
            {TIMELINE_SPANS.map((each) => (
              <button type="button" key={each.id} aria-pressed={each === span} onClick={() => onSpan(each)}>
                {each.name}
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
          <WeddingList weddings={page.weddings} notShown={notShown.weddings} nowMs={nowMs} hrefOf={hrefOf} />
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
