import type { ContainerResources } from '../../api/schema/container-resources.ts';
import { type Quantity, quantityNanos } from '../../api/schema/quantity.ts';

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

const NANOS = 1_000_000_000n;

/** Whole bytes of a Kubernetes quantity; the schema has checked its form. */
export function quantityToBytes(quantity: Quantity): number {
  return Number(quantityNanos(quantity) / NANOS);
}

/** A Kubernetes quantity in bytes or CPUs; the schema has checked its form. */
export function quantityToNumber(quantity: Quantity): number {
  return Number(quantityNanos(quantity)) / Number(NANOS);
}

/** `maxmemory` in bytes, or undefined when the container has no memory limit. */
export function redisMaxmemory(resources: ContainerResources): number | undefined {
  const limit = resources.limits?.memory;
  return limit === undefined ? undefined : Math.floor(quantityToBytes(limit) * MAXMEMORY_SHARE);
}

/**
 * As the API server stores it: a number as text, so that nothing differs from what is there. The order of the members is that of the
 * spec.
 */
export function containerResources({ requests, limits }: ContainerResources): object {
  return {
    ...(requests === undefined ? {} : { requests: asText(requests) }),
    ...(limits === undefined ? {} : { limits: asText(limits) }),
  };
}

function asText(amounts: object): Record<string, string> {
  const given = Object.entries(amounts).filter(([, amount]) => amount !== undefined);
  return Object.fromEntries(given.map(([name, amount]) => [name, String(amount)]));
}
