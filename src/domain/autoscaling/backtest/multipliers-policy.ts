import { scaling } from '../../../api/v1alpha1/scaling.ts';
import { calendarSegments } from '../../calendar/calendar-segments.ts';
import { ceilProduct } from '../ceil-product.ts';
import type { LoadTrace } from './load-trace.ts';
import type { PolicySetting } from './policy-setting.ts';
import type { ReplicaPolicy } from './simulate-policy.ts';

/** The clock of a trace is its own; whatever zone it was recorded in, its hours are local hours. */
const CLOCK_OF_THE_TRACE = 'UTC';

/**
 * Mode Multipliers with the default tables and nothing else: ceil(baseline × season × peak), with the smallest baseline
 * that would have been enough at every recorded instant of the training days. It does not look at the load.
 *
 * @param wrong by how much every multiplier is too high
 */
export function multipliersPolicy(setting: PolicySetting, wrong = 1): ReplicaPolicy {
  const { trace, conditions, firstTickSeconds } = setting;
  const baseline = fittedBaseline(setting);
  const walk = walkFactors(trace.startSeconds);
  return {
    replicas: ({ now }) =>
      Math.max(conditions.min, ceilProduct([baseline, wrong, ...walk(firstTickSeconds + now)])),
  };
}

/** The smallest baseline that would have been enough on the training days. */
export function fittedBaseline({ trace, conditions, scoreFrom, firstTickSeconds }: PolicySetting): number {
  return fitBaseline(trace, firstTickSeconds + scoreFrom * conditions.tickSeconds, conditions.capacity);
}

function fitBaseline(trace: LoadTrace, trainSeconds: number, capacity: number): number {
  const walk = walkFactors(trace.startSeconds);
  let baseline = 1;
  for (let index = 0; index * trace.stepSeconds < trainSeconds; index += 1) {
    const pods = (trace.values[index] as number) / capacity;
    const [season, peak] = walk(index * trace.stepSeconds);
    if (!Number.isNaN(pods)) baseline = Math.max(baseline, Math.ceil(pods / (season * peak)));
  }
  return baseline;
}

/** Season and peak factor at rising times, in seconds after the start. */
function walkFactors(startSeconds: number): (seconds: number) => [season: number, peak: number] {
  const tables = scaling.parse({});
  const segments = calendarSegments(tables, CLOCK_OF_THE_TRACE, startSeconds * 1000);
  let segment = segments.next().value;
  return (seconds) => {
    while (segment.until <= (startSeconds + seconds) * 1000) segment = segments.next().value;
    return [segment.season, segment.peak?.multiplier ?? 1];
  };
}
