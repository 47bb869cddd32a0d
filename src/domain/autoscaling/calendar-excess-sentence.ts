import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { Peak } from '../../api/v1alpha1/scaling.ts';
import { formatInstant } from '../calendar/instant.ts';
import { monthName } from '../calendar/season.ts';
import type { CalendarAsk, CalendarExcess } from './calendar-excess.ts';

type Scaling = PresenceClusterSpec['scaling'];

/**
 * `In June between 18:00 and 20:00 the calendar asks for ceil(4 × 3 × 2) = 24 pods; maxReplicas is 10: 14 are cut. The
 * next time is 2027-02-01T18:00:00Z: ceil(4 × 1.4 × 2) = 12 pods, 2 are cut.` The same at every `now` until that time has
 * come, so that the condition is not written again and again.
 */
export function excessSentence(scaling: Scaling, { first, most }: CalendarExcess, now: Date): string {
  const when = `In ${monthName(most.month)} ${hours(scaling, most.peak)}`;
  const what = `the calendar asks for ${product(scaling, most)} pods; maxReplicas is ${scaling.maxReplicas}`;
  const start = first.at <= now.getTime() ? 'It is so now' : `The next time is ${formatInstant(first.at)}`;
  const firstAsk =
    first.replicas === most.replicas ? '' : `: ${product(scaling, first)} pods, ${cutSentence(first.cut)}`;
  return `${when}${what}: ${cutSentence(most.cut)}. ${start}${firstAsk}.`;
}

/** What minDuringWedding asks for beyond maxReplicas; undefined when it does not. */
export function weddingMinimumSentence({ minDuringWedding = 0, maxReplicas }: Scaling): string | undefined {
  const cut = minDuringWedding - maxReplicas;
  if (cut <= 0) return undefined;
  return `While a wedding is on, minDuringWedding asks for ${minDuringWedding} pods; maxReplicas is ${maxReplicas}: ${cutSentence(cut)}.`;
}

function hours({ peaks }: Scaling, peak: Peak | undefined): string {
  if (peak === undefined) return peaks.length === 0 ? '' : 'outside of peaks ';
  const days = peak.days === undefined || peak.days.length === 7 ? '' : `on ${peak.days.join(', ')} `;
  return `${days}between ${peak.from} and ${peak.to} `;
}

function product({ baselineReplicas }: Scaling, { season, peak, replicas }: CalendarAsk): string {
  const factors = [baselineReplicas, season, ...(peak === undefined ? [] : [peak.multiplier])];
  return `ceil(${factors.join(' × ')}) = ${replicas}`;
}

function cutSentence(cut: number): string {
  return `${cut} ${cut === 1 ? 'is' : 'are'} cut`;
}
