import type { LeaveReason } from '../api/protocol/member.ts';
import { decodeEntry, type Entry, type StoredEntry } from '../domain/presence-state/entry.ts';
import type { EntryChange, HistoryEntry, Position, StateChange, StateSnapshot } from './store.ts';

/** A message on the channel of a wedding; the function library explains the letters. */
interface ChannelMessage {
  readonly e: string;
  readonly s: number;
  readonly o: string;
  readonly c?: readonly {
    readonly i: string;
    readonly v?: StoredEntry;
    readonly y?: string;
    readonly f?: 1;
  }[];
}

export function toPosition(answer: unknown): Position {
  const [epoch, seq] = answer as [string, number];
  return { epoch, seq };
}

export function toSnapshot(answer: unknown): StateSnapshot {
  const [epoch, seq, flat] = answer as [string, number, string[]];
  const entries = new Map<string, Entry>();
  for (let index = 0; index + 1 < flat.length; index += 2) {
    entries.set(flat[index] as string, decodeEntry(JSON.parse(flat[index + 1] as string) as StoredEntry));
  }
  return { epoch, seq, entries };
}

function toEntryChange(change: NonNullable<ChannelMessage['c']>[number]): EntryChange {
  if (change.v !== undefined) {
    const onBehalf = change.f === undefined ? {} : { onBehalf: true as const };
    return { op: 'set', connection: change.i, entry: decodeEntry(change.v), ...onBehalf };
  }
  return { op: 'remove', connection: change.i, reason: (change.y ?? 'left') as LeaveReason | 'moved' };
}

/** Reads the answer of XRANGE on the history. */
export function toHistory(answer: unknown): HistoryEntry[] {
  return (answer as [string, string[]][]).map(([id, flat]) => {
    const fields = new Map(
      flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ''] as const] : [])),
    );
    const [reason = '', role = ''] = [fields.get('y'), fields.get('r')];
    return {
      at: Number(id.split('-')[0]),
      connection: fields.get('i') ?? '',
      user: fields.get('u') ?? '',
      kind: fields.get('k') as HistoryEntry['kind'],
      ...(reason === '' ? {} : { reason }),
      ...(role === '' ? {} : { role }),
    };
  });
}

/** Reads a message of the channel; undefined when it is not one. */
export function parseChange(text: string): StateChange | undefined {
  try {
    const message = JSON.parse(text) as ChannelMessage;
    return {
      epoch: message.e,
      seq: message.s,
      origin: message.o,
      changes: (message.c ?? []).map(toEntryChange),
    };
  } catch {
    return undefined;
  }
}
