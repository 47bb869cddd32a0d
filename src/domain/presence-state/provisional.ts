import type { ReconnectReason } from '../../api/protocol/member.ts';
import type { Entry, EntryBody } from './entry.ts';

/** The desired state of one connection of a pod that Redis has not acknowledged. */
export type ProvisionalValue = {
  readonly connection: string;
  readonly user: string;
  /** Time of the change, in milliseconds since 1970 by the clock of the pod; later than the value it replaces. */
  readonly at: number;
} & (
  | {
      readonly kind: 'present';
      readonly body: EntryBody;
      /** Not a member yet: another connection of a person who is one. `replaces` is the connection it takes over from. */
      readonly joins?: { readonly replaces?: string };
    }
  | { readonly kind: 'reconnecting'; readonly reason: ReconnectReason }
  | { readonly kind: 'gone' }
);

/**
 * Everything that one pod wants of one wedding and Redis has not acknowledged. It replaces the pod's earlier states, so
 * when messages are lost, doubled or reordered, the one with the highest counter is enough.
 */
export interface ProvisionalState {
  /** The position of the pod's replica: the values know the numbers up to here. */
  readonly epoch: string;
  readonly seq: number;
  /** Grows with each state of a pod. It is not a sequence number of the wedding. */
  readonly counter: number;
  readonly values: readonly ProvisionalValue[];
}

/** The numbered state of a wedding. */
export interface NumberedState {
  readonly epoch: string;
  readonly seq: number;
  readonly entries: ReadonlyMap<string, Entry>;
}

/**
 * Whether a provisional value may be shown over the numbered state. A later number than the pod knew wins; a person who is
 * no longer a member is not brought back; and only the pod of a connection may publish its value.
 */
export function counts(
  value: ProvisionalValue,
  writer: string,
  of: Pick<ProvisionalState, 'epoch' | 'seq'>,
  numbered: NumberedState,
): boolean {
  if (of.epoch !== numbered.epoch) return false;
  const entry = numbered.entries.get(value.connection);
  if (entry !== undefined)
    return entry.user === value.user && entry.pod === writer && entry.version <= of.seq;
  if (value.kind !== 'present' || value.joins === undefined) return false;
  // A removal leaves no trace in the entries: a join counts only while its pod has seen every number.
  return numbered.seq <= of.seq && isMember(value.user, numbered);
}

function isMember(user: string, { entries }: NumberedState): boolean {
  for (const entry of entries.values()) if (entry.user === user) return true;
  return false;
}
