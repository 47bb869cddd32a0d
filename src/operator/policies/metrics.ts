import { Counter, Gauge, type Registry } from 'prom-client';

export interface PolicyMetrics {
  /** A policy or binding was put back. */
  restored(policy: string): void;
  /** How many expressions of a policy the API server warns of. */
  warnings(policy: string, count: number): void;
  /** How many of the expected objects are in force, of how many. */
  inForce(count: number, expected: number): void;
}

/** What alerts ask about the admission policies. */
export function registerPolicyMetrics(registry: Registry): PolicyMetrics {
  const restored = new Counter({
    name: 'presence_admission_policies_restored_total',
    help: 'Admission policies and bindings that were changed or deleted and put back.',
    labelNames: ['policy'],
    registers: [registry],
  });
  const warnings = new Gauge({
    name: 'presence_admission_policy_warnings',
    help: 'Expressions of an admission policy that the API server warns of.',
    labelNames: ['policy'],
    registers: [registry],
  });
  const missing = new Gauge({
    name: 'presence_admission_policies_missing',
    help: 'Admission policies and bindings of the chart that are not in force as installed, when last looked at.',
    registers: [registry],
  });
  return {
    restored: (policy) => restored.inc({ policy }),
    warnings: (policy, count) => warnings.set({ policy }, count),
    inForce: (count, expected) => missing.set(expected - count),
  };
}
