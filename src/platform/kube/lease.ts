import { microTime } from './micro-time.ts';
import type { KubeObject } from './resource.ts';

/** `coordination.k8s.io/v1` LeaseSpec. Times are MicroTime strings. */
export interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}

export interface Lease extends KubeObject {
  spec?: LeaseSpec;
}

/** Written by a holder that leaves; the API server wants a positive duration (client-go writes the same). */
export const RELEASED = { holderIdentity: null, leaseDurationSeconds: 1 };

export function emptyLease(namespace: string, name: string): Lease {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace, name } };
}

/** The record by which `identity` takes or renews a lease. A first record counts no transition. */
export function claimLease(
  before: LeaseSpec | undefined,
  claim: { identity: string; now: Date; leaseMs: number },
): LeaseSpec {
  const now = microTime(claim.now);
  const renewal = before?.holderIdentity === claim.identity;
  const transition = before === undefined || renewal ? 0 : 1;
  return {
    holderIdentity: claim.identity,
    leaseDurationSeconds: Math.ceil(claim.leaseMs / 1000),
    acquireTime: renewal ? (before.acquireTime ?? now) : now,
    renewTime: now,
    leaseTransitions: (before?.leaseTransitions ?? 0) + transition,
  };
}

/** How long the holder of this record may stay silent. */
export function leaseDurationMs(spec: LeaseSpec, fallbackMs: number): number {
  return spec.leaseDurationSeconds === undefined ? fallbackMs : spec.leaseDurationSeconds * 1000;
}
