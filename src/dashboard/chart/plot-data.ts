import type { Timeline } from '../../api/dashboard/timeline.ts';

/** Columns of one chart over the same instants, in seconds since the epoch. */
export interface PlotData {
  times: number[];
  wanted: (number | null)[];
  floor: (number | null)[];
  there: (number | null)[];
}

/** The plan and the record side by side: each value holds until the next of its own kind. Nothing was there after now. */
export function plotData({ planned, recorded, from, until }: Timeline, nowMs: number): PlotData {
  const [start, end] = [Date.parse(from), Date.parse(until)];
  const real = recorded.filter(({ pods }) => pods !== undefined);
  const instants = [...planned, ...real].map(({ at }) => Date.parse(at));
  const inside = [start, ...instants, nowMs, end].filter((ms) => ms >= start && ms <= end);
  const times = [...new Set(inside)].sort((a, b) => a - b);
  const wantedAt = holder(planned.map(({ at, pods }) => [Date.parse(at), pods]));
  const floorAt = holder(planned.map(({ at, floor }) => [Date.parse(at), floor]));
  const thereAt = holder(real.map(({ at, pods = 0 }) => [Date.parse(at), pods]));
  return {
    times: times.map((ms) => ms / 1000),
    wanted: times.map(wantedAt),
    floor: times.map(floorAt),
    there: times.map((ms) => (ms > nowMs ? null : thereAt(ms))),
  };
}

/** Gives the value that holds at rising instants; null before the first. */
function holder(values: readonly (readonly [ms: number, value: number])[]): (ms: number) => number | null {
  let next = 0;
  let value: number | null = null;
  return (ms) => {
    for (let found = values[next]; found !== undefined && found[0] <= ms; found = values[next]) {
      value = found[1];
      next += 1;
    }
    return value;
  };
}

/** What holds at an instant: the plan, what was there, and the bands that are on. */
export interface Reading {
  ms: number;
  wanted: number | undefined;
  because: string;
  there: number | undefined;
  connections: number | undefined;
  bands: Timeline['bands'];
}

export function readingAt({ planned, recorded, bands }: Timeline, ms: number, nowMs: number): Reading {
  const step = planned.findLast(({ at }) => Date.parse(at) <= ms);
  const record = ms > nowMs ? undefined : recorded.findLast(({ at }) => Date.parse(at) <= ms);
  return {
    ms,
    wanted: step?.pods,
    because: step?.because ?? '',
    there: record?.pods,
    connections: record?.connections,
    bands: bands.filter(({ from, until }) => Date.parse(from) <= ms && ms < Date.parse(until)),
  };
}
