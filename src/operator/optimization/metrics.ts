import { Counter, Gauge, type Registry } from 'prom-client';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { HoldRegistry } from './hold-registry.ts';

export interface RequestMetrics {
  /** @param result `Accepted`, or the reason of a refusal */
  judged(type: string, result: string): void;
}

/** `presence_optimization_requests_total` and `presence_held_replicas`. */
export function registerRequestMetrics(
  registry: Registry,
  holds: HoldRegistry,
  clock: Clock,
): RequestMetrics {
  const requests = new Counter({
    name: 'presence_optimization_requests_total',
    help: 'PresenceOptimizations that were judged, by type and result.',
    labelNames: ['type', 'result'],
    registers: [registry],
  });
  new Gauge({
    name: 'presence_held_replicas',
    help: 'Fewest presence pods that a HoldReplicas request asks for now.',
    labelNames: ['namespace', 'presencecluster'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [key, floor] of holds.floors(clock.now())) {
        const [namespace = '', presencecluster = ''] = key.split('/');
        this.set({ namespace, presencecluster }, floor);
      }
    },
  });
  return { judged: (type, result) => requests.inc({ type, result }) };
}
