import { WEEKDAYS } from '../../api/schema/fields.ts';
import type { PRESENCE_CLUSTER_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { Peak } from '../../api/v1alpha1/scaling.ts';
import { isIanaTimeZone, zoneRefusal } from '../calendar/iana-zone.ts';
import { MINUTES_A_DAY, parseTimeOfDay } from '../calendar/local-time.ts';
import { refuseFreeze } from '../freeze/accept-freeze.ts';
import { pauseRefusal } from '../pause/accept-pause.ts';

const MINUTES_A_WEEK = 7 * MINUTES_A_DAY;

type AcceptedReason = keyof typeof PRESENCE_CLUSTER_CONDITIONS.Accepted.reasons;
export type SpecRefusal = Exclude<AcceptedReason, 'Accepted' | 'Invalid'>;

/** Whether a spec can be used. `reason` is one of condition Accepted; `message` names the field. */
export type SpecAcceptance = { accepted: true } | { accepted: false; reason: SpecRefusal; message: string };

/** The checks of a spec that no schema can express. */
export function acceptSpec(spec: PresenceClusterSpec): SpecAcceptance {
  if (!isIanaTimeZone(spec.timeZone)) {
    return refuse('UnknownTimeZone', `spec.timeZone: ${zoneRefusal(spec.timeZone)}`);
  }
  const { seasonMultipliers, peaks } = spec.scaling;
  if (seasonMultipliers !== undefined && Object.keys(seasonMultipliers).length === 0) {
    return refuse(
      'EmptyTable',
      'spec.scaling.seasonMultipliers: the table is empty; leave it out to use the profile',
    );
  }
  const empty = peaks.findIndex((peak) => peak.from === peak.to);
  if (empty >= 0) {
    const { from, to } = peaks[empty] as Peak;
    return refuse(
      'EmptyTable',
      `spec.scaling.peaks[${empty}]: ${from} to ${to} has no length; a whole day is 00:00 to 24:00`,
    );
  }
  const contradiction = findContradiction(peaks);
  if (contradiction !== undefined) return refuse('ContradictoryTable', contradiction);
  const pause = pauseRefusal(spec.paused);
  if (pause !== undefined) return refuse('InvalidPause', pause);
  const refusal = refuseFreeze(spec);
  return refusal === undefined ? { accepted: true } : refuse(refusal.reason, refusal.message);
}

function refuse(reason: SpecRefusal, message: string): SpecAcceptance {
  return { accepted: false, reason, message };
}

function findContradiction(peaks: readonly Peak[]): string | undefined {
  for (const [second, later] of peaks.entries()) {
    for (const [first, earlier] of peaks.slice(0, second).entries()) {
      if (earlier.multiplier === later.multiplier) continue;
      const minute = sharedMinute(earlier, later);
      if (minute !== undefined) return contradiction([first, earlier], [second, later], minute);
    }
  }
  return undefined;
}

function contradiction(
  [first, earlier]: [number, Peak],
  [second, later]: [number, Peak],
  minute: number,
): string {
  const day = WEEKDAYS[Math.floor(minute / MINUTES_A_DAY)];
  return (
    `spec.scaling.peaks[${first}] (${earlier.from}-${earlier.to} × ${earlier.multiplier}) and ` +
    `spec.scaling.peaks[${second}] (${later.from}-${later.to} × ${later.multiplier}) ` +
    `both hold on ${day} at ${timeOfDay(minute % MINUTES_A_DAY)}`
  );
}

/** The first minute of the week, Monday 00:00 being 0, that lies in both peaks. */
function sharedMinute(a: Peak, b: Peak): number | undefined {
  let first: number | undefined;
  for (const one of weekMinutes(a)) {
    for (const other of weekMinutes(b)) {
      const minute = Math.max(one.from, other.from);
      const shared = minute < Math.min(one.until, other.until);
      if (shared && (first === undefined || minute < first)) first = minute;
    }
  }
  return first;
}

/** A peak in minutes of the week; what runs past Sunday midnight continues on Monday. */
function weekMinutes(peak: Peak): { from: number; until: number }[] {
  const start = parseTimeOfDay(peak.from);
  const end = parseTimeOfDay(peak.to);
  const length = end > start ? end - start : end + MINUTES_A_DAY - start;
  return (peak.days ?? WEEKDAYS).flatMap((day) => {
    const from = WEEKDAYS.indexOf(day) * MINUTES_A_DAY + start;
    const until = from + length;
    if (until <= MINUTES_A_WEEK) return [{ from, until }];
    return [
      { from, until: MINUTES_A_WEEK },
      { from: 0, until: until - MINUTES_A_WEEK },
    ];
  });
}

function timeOfDay(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
