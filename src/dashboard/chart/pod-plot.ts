import uPlot from 'uplot';
import type { Timeline } from '../../api/dashboard/timeline.ts';
import { clockTime, dayOf, knownZone } from '../time/format.ts';
import { plotData } from './plot-data.ts';

/** Left of the plot, for the numbers of pods; the lanes below begin there too. */
export const AXIS_PX = 44;
export const RIGHT_PX = 10;
const HEIGHT_PX = 240;
const PHONE_HEIGHT_PX = 190;
const PHONE_PX = 600;

export interface PodPlotOptions {
  timeline: Timeline;
  timeZone: string;
  nowMs: number;
  width: number;
  /** Called with the instant below the pointer; undefined when it leaves. */
  onPoint: (ms: number | undefined) => void;
}

/** Draws the pods into an element. @returns what takes it away again */
export function drawPods(element: HTMLElement, options: PodPlotOptions): () => void {
  const { timeline, timeZone, nowMs, width, onPoint } = options;
  const colour = coloursOf(element);
  const { times, wanted, floor, there } = plotData(timeline, nowMs);
  const most = Math.max(1, ...[...wanted, ...there].map((value) => value ?? 0));
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  const line = { paths: stepped, points: { show: false } } as Partial<uPlot.Series>;
  const axis: uPlot.Axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--rule'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  let isPointedAt = false;
  const plot = new uPlot(
    {
      width,
      height: width < PHONE_PX ? PHONE_HEIGHT_PX : HEIGHT_PX,
      padding: [8, RIGHT_PX, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), knownZone(timeZone)),
      fmtDate: (template) =>
        uPlot.fmtDate(template.replace('{h}{aa}', '{HH}:00').replace('{h}:{mm}{aa}', '{HH}:{mm}')),
      scales: {
        x: { time: true, range: () => [Date.parse(timeline.from) / 1000, Date.parse(timeline.until) / 1000] },
        y: { range: () => [0, Math.ceil(most * 1.15)] },
      },
      axes: [
        {
          ...axis,
          size: 28,
          space: 70,
          values: (_, splits) => splits.map((at) => tickOf(at * 1000, timeZone)),
        },
        { ...axis, size: AXIS_PX, space: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
      ],
      series: [
        {},
        { ...line, label: 'there', stroke: colour('--there'), fill: colour('--there-fill'), width: 2 },
        { ...line, label: 'floor', stroke: colour('--quiet'), dash: [2, 4], width: 1 },
        { ...line, label: 'wanted', stroke: colour('--wanted'), width: 2 },
      ],
      hooks: {
        drawClear: [(self) => shade(self, timeline, colour)],
        draw: [(self) => markNow(self, nowMs, colour('--ink'))],
        setCursor: [
          (self) => {
            const { left = -1 } = self.cursor;
            // A plot that is drawn again tells of a pointer outside, too.
            if (left >= 0) onPoint(self.posToVal(left, 'x') * 1000);
            else if (isPointedAt) onPoint(undefined);
            isPointedAt = left >= 0;
          },
        ],
      },
    },
    [times, there, floor, wanted],
    element,
  );
  return () => plot.destroy();
}

/** A canvas knows no variables and no `light-dark()`: an element tells what they come to. */
function coloursOf(element: HTMLElement): (name: string) => string {
  const probe = element.appendChild(document.createElement('span'));
  const names = [
    '--quiet',
    '--rule',
    '--there',
    '--there-fill',
    '--wanted',
    '--ink',
    '--freeze-fill',
    '--peak-fill',
  ];
  const colours = new Map(
    names.map((name) => {
      probe.style.color = `var(${name})`;
      return [name, getComputedStyle(probe).color];
    }),
  );
  probe.remove();
  return (name) => colours.get(name) ?? 'currentcolor';
}

/** `18:00`, and at midnight the day. */
function tickOf(ms: number, timeZone: string): string {
  const text = clockTime(ms, timeZone);
  return text === '00:00' ? dayOf(ms, timeZone) : text;
}

/** Freezes and peaks behind the lines, over the whole height. */
function shade(self: uPlot, { bands }: Timeline, colour: (name: string) => string): void {
  const { ctx, bbox } = self;
  for (const { kind, from, until } of bands) {
    if (kind !== 'Freeze' && kind !== 'Peak') continue;
    const left = Math.max(bbox.left, self.valToPos(Date.parse(from) / 1000, 'x', true));
    const right = Math.min(bbox.left + bbox.width, self.valToPos(Date.parse(until) / 1000, 'x', true));
    if (right <= left) continue;
    ctx.fillStyle = colour(kind === 'Freeze' ? '--freeze-fill' : '--peak-fill');
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
  }
}

function markNow(self: uPlot, nowMs: number, colour: string): void {
  const { ctx, bbox } = self;
  const x = Math.round(self.valToPos(nowMs / 1000, 'x', true));
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
}
