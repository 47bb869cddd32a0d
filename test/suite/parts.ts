import type { JobName } from './jobs.ts';

/** The parts that `make test` and its relatives name, and the jobs of each. */
export const PARTS = {
  check: ['check'],
  unit: ['unit'],
  chart: ['tools', 'chart'],
  integration: ['tools', 'downloads', 'integration', 'timed'],
  e2e: ['tools', 'cluster', 'e2e', 'e2e-timed', 'cluster-down'],
  chaos: ['tools', 'cluster', 'chaos', 'cluster-down'],
} as const satisfies Record<string, readonly JobName[]>;
export type PartName = keyof typeof PARTS;

export function isPart(name: string): name is PartName {
  return Object.hasOwn(PARTS, name);
}
