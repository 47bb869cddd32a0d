import { useEffect, useRef, useState } from 'react';
import type { Band, BandKind, Timeline } from '../../api/dashboard/timeline.ts';
import { dayAndTime } from '../time/format.ts';
import { readingAt } from './plot-data.ts';
import { drawPods } from './pod-plot.ts';
import { ScrollBox } from './scroll-box.tsx';

export interface PodTimelineProps {
  timeline: Timeline;
  timeZone: string;
  nowMs: number;
}

const LANES: readonly (readonly [kind: BandKind, title: string])[] = [
  ['Freeze', 'freeze'],
  ['Peak', 'peak'],
  ['Wedding', 'wedding'],
  ['Override', 'override'],
];
const STEPS = 200;

/** Wanted and real pods behind and ahead, what is on below them, and in words what holds at the time that is pointed at. */
export function PodTimeline({ timeline, timeZone, nowMs }: PodTimelineProps) {
  const [pointed, setPointed] = useState<number>();
  const [from, until] = [Date.parse(timeline.from), Date.parse(timeline.until)];
  const at = Math.min(Math.max(pointed ?? nowMs, from), until - 1);
  return (
    <div className="timeline">
      <ReadingText timeline={timeline} timeZone={timeZone} atMs={at} nowMs={nowMs} />
      <Plot timeline={timeline} timeZone={timeZone} nowMs={nowMs} onPoint={setPointed} />
      <div className="lanes">
        <input
          className="pointer"
          type="range"
          aria-label="Time to look at"
          aria-valuetext={dayAndTime(at, timeZone, nowMs)}
          min={0}
          max={STEPS}
          value={Math.round(((at - from) / (until - from)) * STEPS)}
          onInput={(event) => setPointed(from + (Number(event.currentTarget.value) / STEPS) * (until - from))}
        />
        {LANES.map(([kind, title]) => (
          <Lane key={kind} title={title} kind={kind} timeline={timeline} />
        ))}
      </div>
      {timeline.notShown === 0 ? null : (
        <p className="quiet">{timeline.notShown} more spans are not shown.</p>
      )}
      <PlanTable timeline={timeline} timeZone={timeZone} nowMs={nowMs} />
    </div>
  );
}

function Plot(props: PodTimelineProps & { onPoint: (ms: number | undefined) => void }) {
  const { timeline, timeZone, nowMs, onPoint } = props;
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const stop = new AbortController();
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', () => setDark(dark.matches), { signal: stop.signal });
    const observer = new ResizeObserver(() => setWidth(element.current?.clientWidth ?? 0));
    if (element.current !== null) observer.observe(element.current);
    return () => {
      stop.abort();
      observer.disconnect();
    };
  }, []);
  // A change of the theme changes the colours.
  useEffect(() => {
    if (element.current === null || width === 0) return undefined;
    return drawPods(element.current, { timeline, timeZone, nowMs, width, onPoint });
  }, [timeline, timeZone, nowMs, width, isDark, onPoint]);
  return (
    <>
      <p className="key" aria-hidden="true">
        <span className="key-wanted">wanted</span> <span className="key-there">there</span>{' '}
        <span className="key-floor">floor</span>
      </p>
      <div ref={element} className="plot" aria-hidden="true" />
    </>
  );
}

function ReadingText({
  timeline,
  timeZone,
  atMs,
  nowMs,
}: {
  timeline: Timeline;
  timeZone: string;
  atMs: number;
  nowMs: number;
}) {
  const { wanted, there, connections, because, bands } = readingAt(timeline, atMs, nowMs);
  return (
    <div className="reading">
      <p>
        <strong>{dayAndTime(atMs, timeZone, nowMs)}</strong> <span className="quiet">{timeZone}</span>
        {' · '}
        <strong className="wanted">{wanted ?? '?'}</strong> wanted
        {there === undefined ? '' : ` · ${Math.round(there)} there`}
        {connections === undefined ? '' : ` · ${connections} connections`}
      </p>
      <p className="quiet">{because}</p>
      <p>
        {bands.slice(0, 6).map((band) => (
          <span key={`${band.kind} ${band.from} ${band.label}`} className={`chip chip-${band.kind}`}>
            {band.kind}: {band.label}
          </span>
        ))}
        {bands.length > 6 ? <span className="tag">+{bands.length - 6}</span> : null}
      </p>
    </div>
  );
}

function Lane({ title, kind, timeline }: { title: string; kind: BandKind; timeline: Timeline }) {
  const bands = timeline.bands.filter((band) => band.kind === kind);
  return (
    <div className="lane">
      <span className="lane-title">{title}</span>
      <div className="track">
        {bands.map((band) => (
          <Bar key={`${band.from} ${band.label}`} band={band} timeline={timeline} />
        ))}
      </div>
    </div>
  );
}

function Bar({ band, timeline }: { band: Band; timeline: Timeline }) {
  const [from, until] = [Date.parse(timeline.from), Date.parse(timeline.until)];
  const share = (at: string): number => Math.min(1, Math.max(0, (Date.parse(at) - from) / (until - from)));
  const left = share(band.from);
  const width = Math.max(0.002, share(band.until) - left);
  return (
    <span
      className={`bar bar-${band.kind}`}
      style={{ left: `${left * 100}%`, width: `${width * 100}%` }}
      title={`${band.kind}: ${band.label}`}
    />
  );
}

/** The plan as a table: for screen readers, and to copy numbers from. */
function PlanTable({ timeline, timeZone, nowMs }: PodTimelineProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The plan as a table, {timeline.planned.length} rows</summary>
      {isOpen ? (
        <ScrollBox label="The plan as a table">
          <table>
            <thead>
              <tr>
                <th scope="col">from</th>
                <th scope="col">pods</th>
                <th scope="col">because</th>
              </tr>
            </thead>
            <tbody>
              {timeline.planned.map(({ at, pods, because }) => (
                <tr key={at}>
                  <td>{dayAndTime(Date.parse(at), timeZone, nowMs)}</td>
                  <td className="number">{pods}</td>
                  <td>{because}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      ) : null}
    </details>
  );
}
