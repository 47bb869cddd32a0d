import type { ReconnectReason } from '../../api/protocol/member.ts';
import type { Entry, EntryBody } from './entry.ts';

/** What a pod wants one of its connections to be, while Redis has not taken it. */
export type ProvisionalValue = {
  readonly connection: string;
  readonly user: string;
  /** When it was wanted, in milliseconds since 1970 by the clock of the pod; later than what it replaces. */
  readonly at: number;
} & (
  | {
      readonly kind: 'present';
      readonly body: EntryBody;
      /** Not a member yet: another connection of somebody who is. `replaces` is the one that it takes over from. */
      readonly joins?: { readonly replaces?: string };
    }
  | { readonly kind: 'reconnecting'; readonly reason: ReconnectReason }
  | { readonly kind: 'gone' }
);

/**
 * Everything that one pod wants of one wedding and Redis has not taken. It replaces what the pod said before, so of
 * messages that are lost, doubled or overtaken the one with the highest counter is enough.
 */
export interface ProvisionalState {
  /** Where the pod's replica was: values speak of what was numbered up to here. */
  readonly epoch: string;
  readonly seq: number;
  /** Grows with each state of a pod. It is no number of the wedding. */
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
 * Whether a provisional value may be shown over the numbered state. What was numbered later than the pod knew wins; who
 * is no longer a member is not brought back; and only the pod of a connection speaks for it.
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
  // A removal leaves no trace in the entries: a join may count only while nothing is numbered that its pod has not seen.
  return numbered.seq <= of.seq && isMember(value.user, numbered);
}

function isMember(user: string, { entries }: NumberedState): boolean {
  for (const entry of entries.values()) if (entry.user === user) return true;
  return false;
}
