import type { LoadTrace } from './load-trace.ts';

/**
 * The load at every tick from `fromSeconds` after the start of the trace up to its last instant: a straight line
 * between two recorded instants, NaN where one of them is missing.
 */
export function tickLoad(trace: LoadTrace, fromSeconds: number, tickSeconds: number): Float64Array {
  const lastSeconds = (trace.values.length - 1) * trace.stepSeconds;
  const ticks = Math.floor((lastSeconds - fromSeconds) / tickSeconds) + 1;
  const load = new Float64Array(Math.max(0, ticks));
  for (let tick = 0; tick < load.length; tick += 1) {
    load[tick] = loadAt(trace, fromSeconds + tick * tickSeconds);
  }
  return load;
}

function loadAt({ values, stepSeconds }: LoadTrace, seconds: number): number {
  const position = seconds / stepSeconds;
  const index = Math.floor(position);
  const before = values[index] as number;
  const share = position - index;
  return share === 0 ? before : before + share * ((values[index + 1] as number) - before);
}
