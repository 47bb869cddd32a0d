import type { PresenceCluster } from '../api/v1alpha1/kinds.ts';
import type { ScalingCostStatus, ScalingStatus } from '../api/v1alpha1/scaling-status.ts';
import type { Decision } from '../domain/autoscaling/decide.ts';
import type { CandidateSource } from '../domain/autoscaling/fleet.ts';

/** What the operator knew of the load when it decided, as `explain` prints it. */
export type LoadOnTheWire = Pick<
  ScalingStatus,
  'connections' | 'forecast' | 'leadSeconds' | 'leadSamples' | 'held' | 'cost'
> & {
  decidedAt: string;
};

type Shown = Pick<Decision, 'desired' | 'floor' | 'winner' | 'candidates' | 'because'>;

/**
 * The decision that the operator made, where the mode looks at the load: only the operator knows what pods report and
 * what was learned. Undefined in the other modes, whose decision any program can compute.
 */
export function publishedDecision(
  presenceCluster: PresenceCluster,
): { decision: Shown; load: LoadOnTheWire } | undefined {
  const scaling = presenceCluster.status?.scaling;
  if (scaling?.at === undefined || scaling.winner === undefined) return undefined;
  const { at, winner, candidates = [], desired, floor, because } = scaling;
  const { connections, forecast, leadSeconds, leadSamples, held, cost } = scaling;
  return {
    decision: {
      desired,
      floor,
      because,
      winner: winner as CandidateSource,
      candidates: candidates.map((each) => ({ ...each, source: each.source as CandidateSource })),
    },
    load: {
      decidedAt: at,
      ...(connections === undefined ? {} : { connections }),
      ...(forecast === undefined ? {} : { forecast }),
      ...(leadSeconds === undefined ? {} : { leadSeconds }),
      ...(leadSamples === undefined ? {} : { leadSamples }),
      ...(held === undefined ? {} : { held }),
      ...(cost === undefined ? {} : { cost }),
    },
  };
}

/** A few lines about the load, for people. */
export function loadLines(load: LoadOnTheWire): string[] {
  const { forecast, connections, leadSeconds, leadSamples = 0 } = load;
  const held = forecast?.coverage === undefined ? '' : `, held ${(100 * forecast.coverage).toFixed(1)} %`;
  return [
    `Load:         ${connections === undefined ? 'not reported' : `${connections} connections`} (decided ${load.decidedAt})`,
    ...(forecast === undefined
      ? []
      : [
          `Forecast:     ${forecast.expected} expected, at most ${forecast.bound} by ${forecast.until}; booked ${forecast.booked}; ` +
            `quality ${forecast.quality}${held} of ${forecast.samples} checked`,
        ]),
    ...(leadSeconds === undefined
      ? []
      : [
          `Lead:         ${leadSeconds} s (${leadSamples === 0 ? 'assumed' : `learned from ${leadSamples} starts`})`,
        ]),
    ...(load.cost === undefined ? [] : [costLine(load.cost)]),
  ];
}

/** `Cost: 120 pod-hours in 30 h since …; static peak 240, HPA 70 % 130, best HPA (80 %) 118`. */
function costLine(cost: ScalingCostStatus): string {
  const { currency = '', bestHpa } = cost;
  const money = ({ amount }: { amount?: number | undefined }): string =>
    amount === undefined ? '' : ` (${amount.toFixed(2)} ${currency})`;
  const fleet = (each: { podHours: number; amount?: number | undefined }): string =>
    `${each.podHours}${money(each)}`;
  const best =
    bestHpa === undefined ? 'no HPA served all' : `best HPA (${bestHpa.target} %) ${fleet(bestHpa)}`;
  return (
    `Cost:         ${cost.presence.podHours} pod-hours${money(cost.presence)} in ${cost.hours} h since ${cost.since}; ` +
    `static peak ${fleet(cost.staticPeak)}, HPA 70 % ${fleet(cost.hpa70)}, ${best}`
  );
}
