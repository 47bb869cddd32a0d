import type { LeaveReason } from '../../api/protocol/member.ts';
import {
  decodeEntry,
  type Entry,
  type EntryBody,
  encodeBody,
  type StoredEntry,
} from '../../domain/presence-state/entry.ts';
import { Lru } from '../limits/lru.ts';
import {
  ConnectionTaken,
  type EntryChange,
  type HistoryEntry,
  PersonFull,
  PersonRemoved,
  type Position,
  type StateChange,
  type StateSnapshot,
  StoreUnavailable,
  TooManyRemovals,
  WeddingFull,
} from './store.ts';

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

const NONE: readonly string[] = [];

/** The leases that are about to end, from the answer of any function: pod, end, pod, end, and so on. */
export function toEndingLeases(answer: unknown): readonly string[] {
  const leases = (answer as readonly unknown[])[3];
  return leases === undefined ? NONE : (leases as readonly string[]);
}

/** Names of pods that are kept. A fleet is smaller. */
const MAX_PODS = 256;
/** Written bodies that are kept until they come back. A forgotten one is parsed again. */
const MAX_WRITTEN = 256;

/**
 * Reads entries. The name of a pod is in each of them, and kept once for all. A body that this pod wrote comes back as the
 * same object: half of all bodies are not parsed and kept twice, and are compared by reference.
 */
export class AnswerReader {
  readonly #pods = new Lru<string, string>(MAX_PODS);
  /** By connection: the last body that this pod wrote and has not read back yet. */
  readonly #written = new Lru<string, { readonly text: string; readonly body: EntryBody }>(MAX_WRITTEN);

  /** Encodes a body that is about to be written. */
  write(connection: string, body: EntryBody): string {
    const text = encodeBody(body);
    this.#written.set(connection, { text, body });
    return text;
  }

  snapshot(answer: unknown): StateSnapshot {
    const [epoch, seq, flat] = answer as [string, number, string[]];
    const entries = new Map<string, Entry>();
    for (let index = 0; index + 1 < flat.length; index += 2) {
      const connection = flat[index] as string;
      entries.set(connection, this.#entry(connection, JSON.parse(flat[index + 1] as string) as StoredEntry));
    }
    return { epoch, seq, entries };
  }

  /** Reads a message of the channel; undefined when it is not a presence change. */
  change(text: string): StateChange | undefined {
    try {
      const { e, s, o, c = [] } = JSON.parse(text) as ChannelMessage;
      return { epoch: e, seq: s, origin: o, changes: c.map((one) => this.#entryChange(one)) };
    } catch {
      return undefined;
    }
  }

  #entryChange(change: NonNullable<ChannelMessage['c']>[number]): EntryChange {
    if (change.v === undefined)
      return { op: 'remove', connection: change.i, reason: (change.y ?? 'left') as LeaveReason | 'moved' };
    const set = { op: 'set' as const, connection: change.i, entry: this.#entry(change.i, change.v) };
    return change.f === undefined ? set : { ...set, onBehalf: true };
  }

  #entry(connection: string, stored: StoredEntry): Entry {
    const written = this.#written.get(connection);
    if (written?.text !== stored.b) return decodeEntry(stored, this.#pod(stored.p));
    this.#written.delete(connection);
    return decodeEntry(stored, this.#pod(stored.p), written.body);
  }

  #pod(name: string): string {
    const known = this.#pods.get(name);
    if (known !== undefined) return known;
    this.#pods.set(name, name);
    return name;
  }
}

/** The error of a request, as an error of the store. */
export function toFailure(
  error: unknown,
): WeddingFull | PersonFull | PersonRemoved | TooManyRemovals | ConnectionTaken | StoreUnavailable {
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith('PRESENCEFULL')) return new WeddingFull(message.replace(/^PRESENCEFULL /, ''));
  if (message.startsWith('PRESENCEPERSON')) return new PersonFull(message.replace(/^PRESENCEPERSON /, ''));
  if (message.startsWith('PRESENCEREMOVALS'))
    return new TooManyRemovals(message.replace(/^PRESENCEREMOVALS /, ''));
  if (message.startsWith('PRESENCEREMOVED'))
    return new PersonRemoved(new Date(Number(message.replace(/^PRESENCEREMOVED /, ''))));
  if (message.startsWith('PRESENCETAKEN')) return new ConnectionTaken(message.replace(/^PRESENCETAKEN /, ''));
  return new StoreUnavailable(message, { cause: error });
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
