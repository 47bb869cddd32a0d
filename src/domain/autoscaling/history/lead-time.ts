import type { Lead } from '../demand.ts';

/** The last starts of pods, in seconds from creation to Ready, oldest first. */
export interface LeadKnowledge {
  seconds: readonly number[];
  /** The newest of them became ready then, milliseconds since the epoch. */
  newest: number;
}

export const NO_LEAD: LeadKnowledge = { seconds: [], newest: 0 };

const MOST_SAMPLES = 32;
const FEWEST_SAMPLES = 5;
/** Assumed before enough starts were seen; a node that has to be made first takes longer and is learned. */
const ASSUMED_START_SECONDS = 180;
/** What takes longer waited for a person (an image, a quota), and no forecast looks that far. */
const LONGEST_START_SECONDS = 900;
const QUANTILE = 0.95;
/** Between two passes over a PresenceCluster, and between two scrapes; starts vary by the margin. */
const SYNC_SECONDS = 15;
const LAG_SECONDS = 30;
const MARGIN_SECONDS = 60;
const OVERHEAD_SECONDS = SYNC_SECONDS + LAG_SECONDS + MARGIN_SECONDS;

/** The longest lead there can be: forecasts must reach this far. */
export const LONGEST_LEAD_SECONDS = LONGEST_START_SECONDS + OVERHEAD_SECONDS;

/** A start of a pod. Times are milliseconds since the epoch. */
export interface PodStart {
  created: number;
  ready: number;
}

/** Adds observed starts. Each counts once; order and repetition make no difference. */
export function learnLead(known: LeadKnowledge, starts: readonly PodStart[]): LeadKnowledge {
  const fresh = starts
    .filter(({ ready, created }) => ready > known.newest && ready >= created)
    .filter(({ ready, created }) => ready - created <= LONGEST_START_SECONDS * 1000)
    .toSorted((a, b) => a.ready - b.ready);
  const last = fresh.at(-1);
  if (last === undefined) return known;
  const seconds = [...known.seconds, ...fresh.map(({ ready, created }) => (ready - created) / 1000)];
  return { seconds: seconds.slice(-MOST_SAMPLES), newest: last.ready };
}

/** From asking for a pod until it serves: the 95 % quantile of the starts seen, and what passes before a pod is asked for. */
export function leadOf(known: LeadKnowledge): Lead {
  const samples = known.seconds.length < FEWEST_SAMPLES ? 0 : known.seconds.length;
  return { seconds: startSeconds(known) + OVERHEAD_SECONDS, samples };
}

/** From the creation of a pod until it is ready: the 95 % quantile of the starts seen. */
export function startSeconds({ seconds }: LeadKnowledge): number {
  if (seconds.length < FEWEST_SAMPLES) return ASSUMED_START_SECONDS;
  const sorted = seconds.toSorted((a, b) => a - b);
  const rank = Math.min(sorted.length, Math.ceil(QUANTILE * (sorted.length + 1)));
  return Math.ceil(sorted[rank - 1] as number);
}
