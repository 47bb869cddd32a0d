import { Counter, Histogram, type Registry } from 'prom-client';
import type { FailoverReport } from './cluster-prober.ts';

/** From one missed probe to an election that was refused and tried again. */
const SECONDS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10];

export interface FailoverMetrics {
  reported(report: FailoverReport): void;
}

export function createFailoverMetrics(registry: Registry): FailoverMetrics {
  const failovers = new Counter({
    name: 'presence_operator_redis_failovers_total',
    help: 'Failovers that the operator asked for, by cause (Silent, Restarted, Terminating) and outcome.',
    labelNames: ['cause', 'outcome'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'presence_operator_redis_failover_seconds',
    help: 'From the first sign of trouble with a primary until its replica was the primary.',
    buckets: SECONDS,
    registers: [registry],
  });
  const held = new Counter({
    name: 'presence_operator_redis_failovers_held_total',
    help: 'Times that a primary looked dead and a guard forbade to replace it.',
    registers: [registry],
  });
  return {
    reported(report) {
      switch (report.kind) {
        case 'Done':
          failovers.inc({ cause: report.failover.cause, outcome: 'done' });
          seconds.observe(report.milliseconds / 1000);
          return;
        case 'Failed':
          failovers.inc({ cause: report.failover.cause, outcome: 'failed' });
          return;
        case 'Held':
          held.inc();
          return;
        case 'Asked':
        case 'RolesChanged':
          return;
      }
    },
  };
}
