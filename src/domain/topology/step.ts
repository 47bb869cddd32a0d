import type { SlotRange } from './slots.ts';

interface Because {
  /** The pod whose Redis process carries the step out. */
  readonly pod: string;
  /** Why, in one sentence, for events and logs. */
  readonly because: string;
}

/** CLUSTER SET-CONFIG-EPOCH: only before the node knows another, so that no two primaries start with one epoch. */
export interface SetConfigEpochStep extends Because {
  readonly kind: 'setConfigEpoch';
  readonly epoch: number;
}

/** CLUSTER ADDSLOTSRANGE: slots without an owner. */
export interface AddSlotsStep extends Because {
  readonly kind: 'addSlots';
  readonly slots: readonly SlotRange[];
}

/** CLUSTER MEET: `pod` learns of `peer`, which it does not know. */
export interface MeetStep extends Because {
  readonly kind: 'meet';
  readonly peer: string;
}

/** CLUSTER MEET at the new address of a peer that `pod` knows at an address where it no longer is. */
export interface HealAddressStep extends Because {
  readonly kind: 'healAddress';
  readonly peer: string;
}

/** CLUSTER REPLICATE: `pod` becomes a replica of `primary`, or looks for it at its new address. */
export interface ReplicateStep extends Because {
  readonly kind: 'replicate';
  readonly primary: string;
  readonly primaryId: string;
}

/** CLUSTER FAILOVER: `pod`, a replica, takes its primary's place. */
export interface FailoverStep extends Because {
  readonly kind: 'failover';
  /**
   * `Force` does without the primary's consent, but still needs the votes of a majority. `TakeOver` needs no
   * votes: only for primaries that are dead for certain.
   */
  readonly mode: 'Graceful' | 'Force' | 'TakeOver';
}

/** A failover without votes, with the evidence that its primaries are dead. */
export interface TakeOverStep extends FailoverStep {
  readonly mode: 'TakeOver';
  /** Pods of the lost primaries that do not answer; without those that have no address. */
  readonly lost: readonly string[];
  /** Length of the failed readiness-probe window that all of them share, in ms. */
  readonly probeFailureWindowMs: number;
}

/** CLUSTER FORGET: a member that is no longer a pod, on every node in the same set. They refuse it for as long as `banSeconds` says. */
export interface ForgetStep extends Because {
  readonly kind: 'forget';
  readonly nodeId: string;
}

/** Slots go from `pod` with their keys to the primary `target`. A repeated step continues where the last one stopped. */
export interface MoveSlotsStep extends Because {
  readonly kind: 'moveSlots';
  readonly sourceId: string;
  readonly target: string;
  readonly targetId: string;
  readonly slots: readonly SlotRange[];
  /** `Atomic`: CLUSTER MIGRATESLOTS, the server does it all. `Classic`: SETSLOT and MIGRATE, key by key. */
  readonly method: 'Atomic' | 'Classic';
}

/** CLUSTER SETSLOT STABLE: `pod` no longer takes the slot for one that is on its way. */
export interface CloseSlotStep extends Because {
  readonly kind: 'closeSlot';
  readonly slot: number;
}

/** CLUSTER BUMPEPOCH: `pod`, a primary, gets an epoch above all others, so that every node believes its replicas. */
export interface BumpEpochStep extends Because {
  readonly kind: 'bumpEpoch';
}

/** One change of one node. Every step may be repeated without harm. */
export type Step =
  | SetConfigEpochStep
  | AddSlotsStep
  | MeetStep
  | HealAddressStep
  | ReplicateStep
  | FailoverStep
  | TakeOverStep
  | ForgetStep
  | MoveSlotsStep
  | CloseSlotStep
  | BumpEpochStep;
