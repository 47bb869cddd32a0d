import type { BookedLoad } from './demand/booked-load.ts';
import type { ForecastView } from './forecast/forecast-view.ts';
import type { ScalingMemory } from './scaling-memory.ts';

/** What the presence pods reported. */
export interface LoadReport {
  /** Open connections of all pods; those of pods that were silent are taken as last reported. */
  connections: number;
  /** Pods that reported, and ready pods that did not. */
  pods: number;
  silent: number;
  /** Milliseconds since the epoch. */
  at: number;
}

/** The time from asking for a pod until it serves. */
export interface Lead {
  seconds: number;
  /** Starts of pods that it was learned from; 0 while it is assumed. */
  samples: number;
}

/** All that is known of the load, for the modes that look at it. */
export interface Demand {
  /** Undefined when no wedding is known. */
  booked: BookedLoad | undefined;
  /** Set when the bookings may be out of date, and why. */
  bookingsStale?: string | undefined;
  /** Undefined when the pods report nothing that can be used. */
  report: LoadReport | undefined;
  forecast: ForecastView | undefined;
  lead: Lead;
  memory: ScalingMemory;
}

/** A report older than this says nothing of now. */
const OLDEST_REPORT_MS = 90_000;

/** The connections there are, as far as the report can be believed. */
export function usableLoad(report: LoadReport | undefined, now: number): number | undefined {
  if (report === undefined || now - report.at > OLDEST_REPORT_MS) return undefined;
  return Number.isFinite(report.connections) && report.connections >= 0 ? report.connections : undefined;
}
