import { formatWallClock } from '../../domain/calendar/instant.ts';
import { mergeIntervals } from '../../domain/calendar/interval.ts';
import type { TimelineStep } from '../../reports/timeline.ts';

const WIDTH = 1200;
const HEIGHT = 360;
const MARGIN = { left: 48, right: 16, top: 40, bottom: 40 };
const PLOT = {
  width: WIDTH - MARGIN.left - MARGIN.right,
  height: HEIGHT - MARGIN.top - MARGIN.bottom,
};
const Y_TICKS = 4;
const X_TICKS = 12;

/** Pods over time as an SVG image: a step line, with freezes as bands behind it. */
export function stepChart(steps: readonly TimelineStep[], title: string, timeZone: string): string {
  const from = steps[0]?.from.getTime() ?? 0;
  const to = steps.at(-1)?.until.getTime() ?? from + 1;
  const top = niceTop(Math.max(1, ...steps.map((step) => step.desired)));
  const x = (ms: number): string => (MARGIN.left + ((ms - from) / (to - from)) * PLOT.width).toFixed(1);
  const y = (pods: number): string => (MARGIN.top + (1 - pods / top) * PLOT.height).toFixed(1);
  const base = y(0);

  const bands = frozenSpans(steps).map((span) => {
    const width = (Number(x(span.until)) - Number(x(span.from))).toFixed(1);
    return `<rect class="freeze" x="${x(span.from)}" y="${MARGIN.top}" width="${width}" height="${PLOT.height}"/>`;
  });
  const line = steps.map((step, index) => {
    const level = y(step.desired);
    return `${index === 0 ? 'M' : 'L'}${x(step.from.getTime())} ${level}H${x(step.until.getTime())}`;
  });
  const grid = Array.from({ length: Y_TICKS + 1 }, (_, tick) => {
    const pods = (top / Y_TICKS) * tick;
    return (
      `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(pods)}" y2="${y(pods)}"/>` +
      `<text x="${MARGIN.left - 6}" y="${y(pods)}" dy="4" text-anchor="end">${pods}</text>`
    );
  });
  const dates = Array.from({ length: X_TICKS + 1 }, (_, tick) => {
    const at = from + ((to - from) / X_TICKS) * tick;
    const anchor = tick === 0 ? 'start' : tick === X_TICKS ? 'end' : 'middle';
    return `<text x="${x(at)}" y="${Number(base) + 18}" text-anchor="${anchor}">${tickLabel(timeZone, at, to - from)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">
<title>${escaped(title)}</title>
<style>text{font:12px sans-serif;fill:#333}.heading{font-size:15px}.grid{stroke:#ddd}.freeze{fill:#cfe3f5}.pods{fill:none;stroke:#b5302c;stroke-width:1.5}</style>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text class="heading" x="${MARGIN.left}" y="24">${escaped(title)}</text>
<text x="${WIDTH - MARGIN.right}" y="24" text-anchor="end">line: presence pods, bands: freezes</text>
${[...bands, ...grid, ...dates].join('\n')}
<path class="pods" d="${line.join('')}"/>
</svg>
`;
}

/** The smallest multiple of the tick count that holds the value, so that ticks are whole pods. */
function niceTop(value: number): number {
  return Math.ceil(value / Y_TICKS) * Y_TICKS;
}

function frozenSpans(steps: readonly TimelineStep[]) {
  const frozen = steps.filter((step) => step.frozen);
  return mergeIntervals(frozen.map((step) => ({ from: step.from.getTime(), until: step.until.getTime() })));
}

/** The date; with the time of day when the whole chart is a few days. */
function tickLabel(timeZone: string, at: number, span: number): string {
  const wall = formatWallClock(timeZone, new Date(at));
  const fewDays = 14 * 86_400_000;
  return span <= fewDays ? wall.slice(5) : wall.slice(0, 10);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
