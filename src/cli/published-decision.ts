import type { PresenceCluster } from '../api/v1alpha1/kinds.ts';
import type { ScalingStatus } from '../api/v1alpha1/scaling-status.ts';
import type { Decision } from '../domain/autoscaling/decide.ts';
import type { CandidateSource } from '../domain/autoscaling/fleet.ts';

/** What the operator knew of the load when it decided, as `explain` prints it. */
export type LoadOnTheWire = Pick<
  ScalingStatus,
  'connections' | 'forecast' | 'leadSeconds' | 'leadSamples' | 'held'
> & {
  decidedAt: string;
};

type Shown = Pick<Decision, 'desired' | 'floor' | 'winner' | 'candidates' | 'because'>;

/**
 * The decision that the operator made, where the mode looks at the load: only the operator knows what pods report and
 * what was learned. Undefined in the other modes, which anybody can compute anew.
 */
export function publishedDecision(
  presenceCluster: PresenceCluster,
): { decision: Shown; load: LoadOnTheWire } | undefined {
  const scaling = presenceCluster.status?.scaling;
  if (scaling?.at === undefined || scaling.winner === undefined) return undefined;
  const { at, winner, candidates = [], desired, floor, because } = scaling;
  const { connections, forecast, leadSeconds, leadSamples, held } = scaling;
  return {
    decision: {
      ...{ desired, floor, because },
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
    },
  };
}

/** Two or three lines about the load, for people. */
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
  ];
}
