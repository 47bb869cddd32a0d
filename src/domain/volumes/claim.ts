import { quantityToBytes } from '../resources/container-resources.ts';

/** The PersistentVolumeClaim of one Redis pod, as far as is decided by it. */
export interface Claim {
  readonly name: string;
  readonly uid: string;
  readonly shard: number;
  /** Has, or had, a volume: its content is never deleted by the operator. */
  readonly isBound: boolean;
  /** It is being filled from a snapshot or another claim. */
  readonly isRestored: boolean;
  readonly isDeleting: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Quantity that it asks for. */
  readonly size: string;
  /** Quantity that its volume has; absent before there is one. */
  readonly capacity?: string;
  readonly storageClassName?: string;
  /** What the volume plugin or the kubelet says while it grows. */
  readonly resizing?: string;
}

/** The claims that a StatefulSet makes. */
export interface ClaimTemplate {
  readonly size: string;
  /** Absent: the default class. */
  readonly storageClassName?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Negative when the first is less; 0 also when one of them is no quantity that this program reads, so that nothing is done for it. */
export function compareSizes(one: string, other: string): number {
  const [a, b] = [bytes(one), bytes(other)];
  return a === undefined || b === undefined ? 0 : a - b;
}

function bytes(size: string): number | undefined {
  try {
    return quantityToBytes(size);
  } catch {
    return undefined;
  }
}
