import type { ContainerResources } from '../../api/schema/fields.ts';

const UNITS: Record<string, number> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/**
 * No CPU limits: throttling looks like a hung primary to its peers. The memory limit keeps one pod from taking
 * its node down.
 */
export const DEFAULT_REDIS_RESOURCES = {
  requests: { cpu: '50m', memory: '64Mi' },
  limits: { memory: '256Mi' },
} as const satisfies ContainerResources;

export const DEFAULT_PRESENCE_RESOURCES = {
  requests: { cpu: '50m', memory: '96Mi' },
  limits: { memory: '512Mi' },
} as const satisfies ContainerResources;

/** Part of the memory limit that Redis may fill; the rest is for fork, buffers and fragmentation. */
const MAXMEMORY_SHARE = 0.6;

/** Bytes of a Kubernetes quantity; the schema has checked its form. */
export function quantityToBytes(quantity: string): number {
  return Math.floor(quantityToNumber(quantity));
}

/** A Kubernetes quantity in bytes or CPUs; the schema has checked its form. */
export function quantityToNumber(quantity: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)([A-Za-z]*)$/.exec(quantity);
  const factor = UNITS[match?.[2] ?? ''];
  if (!match || factor === undefined) throw new RangeError(`${quantity} is not a quantity`);
  return Number(match[1]) * factor;
}

/** `maxmemory` in bytes, or undefined when the container has no memory limit. */
export function redisMaxmemory(resources: ContainerResources): number | undefined {
  const limit = resources.limits?.memory;
  return limit === undefined ? undefined : Math.floor(quantityToBytes(limit) * MAXMEMORY_SHARE);
}
