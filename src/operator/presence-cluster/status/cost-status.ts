import type { PresenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import type { ScalingCostStatus } from '../../../api/v1alpha1/scaling-status.ts';
import type { FleetCost } from '../../../domain/autoscaling/cost/fleet-cost.ts';
import { podHourPrice } from '../../../domain/autoscaling/cost/pod-price.ts';
import { formatInstant } from '../../../domain/calendar/instant.ts';

/** Pod-hours as status shows them, and money where the spec has prices. */
export function costStatus(spec: PresenceClusterSpec, cost: FleetCost): ScalingCostStatus {
  const price = podHourPrice(spec);
  const shown = (podHours: number): { podHours: number; amount?: number } => ({
    podHours: hundredths(podHours),
    ...(price === undefined ? {} : { amount: hundredths(podHours * price) }),
  });
  const { bestHpa } = cost;
  return {
    since: formatInstant(new Date(cost.since)),
    hours: hundredths(cost.hours),
    ...(spec.scaling.cost === undefined ? {} : { currency: spec.scaling.cost.currency }),
    presence: shown(cost.presence),
    staticPeak: shown(cost.staticPeak),
    hpa70: shown(cost.hpa70),
    ...(bestHpa === undefined ? {} : { bestHpa: { ...shown(bestHpa.podHours), target: bestHpa.target } }),
  };
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
