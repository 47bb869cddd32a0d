import * as z from 'zod';
import { type DemandKnowledge, HOURS_A_DAY } from '../../domain/autoscaling/demand/demand-learner.ts';
import { PROFILE_KNOTS } from '../../domain/autoscaling/demand/presence-profile.ts';
import type { ForecastView } from '../../domain/autoscaling/forecast/forecast-view.ts';
import type { LeadKnowledge } from '../../domain/autoscaling/history/lead-time.ts';
import {
  decodeHistory,
  encodeHistory,
  type LoadHistory,
} from '../../domain/autoscaling/history/load-history.ts';
import { encodePods, withPods } from '../../domain/autoscaling/history/pod-history.ts';

/** Everything that is learned of one PresenceCluster and must not be forgotten with the process. */
export interface Learned {
  history: LoadHistory;
  knowledge: DemandKnowledge;
  lead: LeadKnowledge;
  /** The last forecast, so that a new leader has one while it learns the history again. */
  forecast: ForecastView | undefined;
}

const finite = z.number();
const stratum = z.object({ upTo: finite, quantile: finite.min(0) });
const horizon = z.object({
  expected: finite,
  strata: z.array(stratum).max(8),
  coverage: z.object({ held: finite.min(0).max(1).optional(), samples: z.int().min(0) }),
});
const rest = z.object({
  knowledge: z.object({
    profile: z.object({ shares: z.array(finite.min(0)).length(PROFILE_KNOTS.length) }),
    // One number for all hours: written before each hour had a number.
    elsewhere: z.union([
      z.array(finite.min(0)).length(HOURS_A_DAY),
      finite.min(0).transform((all) => Array.from({ length: HOURS_A_DAY }, () => all)),
    ]),
    power: finite.min(0).default(0),
  }),
  lead: z.object({ seconds: z.array(finite.min(0)).max(32), newest: finite }),
  forecast: z
    .object({
      at: finite,
      stepSeconds: finite.gt(0),
      nominal: finite.gt(0).lt(1),
      horizons: z.array(horizon).max(64),
    })
    .optional(),
});

/** Significant digits of what is learned: more would be noise, and bytes. */
const DIGITS = 5;

/** As the data of a ConfigMap; about 40 kB for four weeks. */
export function learnedToData({ history, ...others }: Learned): Record<string, string> {
  const rounded = (_: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value;
  return {
    history: encodeHistory(history),
    pods: encodePods(history),
    learned: JSON.stringify(others, rounded),
  };
}

/** The inverse; undefined when the text is damaged: then nothing is known. */
export function learnedFromData(data: Record<string, string> | undefined): Learned | undefined {
  const history = decodeHistory(data?.history ?? '');
  let parsed: unknown;
  try {
    parsed = JSON.parse(data?.learned ?? '');
  } catch {
    return undefined;
  }
  const others = rest.safeParse(parsed);
  if (history === undefined || !others.success) return undefined;
  const { knowledge, lead, forecast } = others.data;
  const horizons = forecast?.horizons.map((each) => ({
    ...each,
    coverage: { held: each.coverage.held, samples: each.coverage.samples },
  }));
  return {
    history: withPods(history, data?.pods ?? ''),
    knowledge,
    lead,
    forecast: forecast === undefined || horizons === undefined ? undefined : { ...forecast, horizons },
  };
}
