import { Cluster } from 'ioredis';
import type { LeaveReason } from '../api/protocol/member.ts';
import { decodeEntry, type Entry, encodeBody, type StoredEntry } from '../domain/presence-state/entry.ts';
import { PRESENCE_FUNCTIONS } from '../domain/presence-state/function-library.ts';
import { weddingChannel, weddingKeys, weddingOfChannel } from '../domain/presence-state/keys.ts';
import { tunedClusterOptions } from '../platform/redis/cluster-options.ts';
import type { Cancel, Clock } from '../platform/runtime/clock.ts';
import type { Logger } from '../platform/telemetry/log.ts';
import type { PresenceConfig } from './config.ts';
import { withDeadline } from './deadline.ts';
import { ensureLibrary } from './function-loader.ts';
import {
  type EntryChange,
  type Membership,
  type Position,
  type PresenceStore,
  type StateChange,
  type StateSnapshot,
  StoreUnavailable,
  WeddingFull,
} from './store.ts';

export interface RedisStoreOptions {
  readonly redis: PresenceConfig['redis'];
  /** Unique to this run of this pod: a pod that starts again is another one. */
  readonly incarnation: string;
  readonly cacheTtlMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onChange: (wedding: string, change: StateChange) => void;
  /** Subscriptions were made again: what was published in between is lost. */
  readonly onResubscribed: () => void;
}

/** A pod that did not renew for this long is dead. Two beats fit in, so one may be late. */
export const LEASE_MS = 2_000;
/** 50 people with two devices each, and room for those that reconnect. */
const MOST_CONNECTIONS_OF_A_WEDDING = 200;
/** A failover with a node timeout of 2 s is over by then; a client waits no longer for its answer. */
const REQUEST_DEADLINE_MS = 5_000;
/** How often Redis is asked whether it is there, and the library whether it is loaded (a new shard lacks it). */
const CHECK_INTERVAL_MS = 1_000;
const CHECK_DEADLINE_MS = 2_000;

/** The shared state in Redis Cluster. Connects by itself, and goes on trying for ever. */
export class RedisStore implements PresenceStore {
  readonly #options: RedisStoreOptions;
  readonly #cluster: Cluster;
  #available = false;
  /** Until the subscriber connections were there once, every join fails, although Redis answers. */
  #canSubscribe = false;
  #closed = false;
  #cancelCheck: Cancel = () => {};

  constructor(options: RedisStoreOptions) {
    this.#options = options;
    this.#cluster = new Cluster([...options.redis.nodes], {
      ...tunedClusterOptions(options.redis),
      shardedSubscribers: true,
    });
    this.#cluster.on('error', (error: Error) => options.log.debug({ err: error }, 'Redis connection'));
    this.#cluster.on('smessage', (channel: string, message: string) => this.#receive(channel, message));
    this.#cluster.on('subscribersReady', () => {
      this.#canSubscribe = true;
      options.onResubscribed();
    });
    void this.#check();
  }

  get available(): boolean {
    return this.#available;
  }

  async join(
    wedding: string,
    seen: Position | undefined,
    wanted: Membership,
    resume = '',
  ): Promise<StateSnapshot> {
    return toSnapshot(await this.#call('put', wedding, seen, [...putArguments(wanted, resume), '1']));
  }

  async update(wedding: string, seen: Position | undefined, wanted: Membership): Promise<Position> {
    return toPosition(await this.#call('put', wedding, seen, [...putArguments(wanted, ''), '0']));
  }

  async leave(wedding: string, seen: Position | undefined, connection: string): Promise<Position> {
    return toPosition(await this.#call('leave', wedding, seen, [connection]));
  }

  async drop(
    wedding: string,
    seen: Position | undefined,
    connection: string,
    reason: string,
  ): Promise<Position> {
    return toPosition(await this.#call('drop', wedding, seen, [connection, reason]));
  }

  async beat(wedding: string, seen: Position | undefined): Promise<Position> {
    return toPosition(await this.#call('beat', wedding, seen, []));
  }

  async snapshot(wedding: string, seen: Position | undefined): Promise<StateSnapshot> {
    return toSnapshot(await this.#call('snapshot', wedding, seen, [], seen === undefined));
  }

  async subscribe(wedding: string): Promise<void> {
    await this.#guarded(() => this.#cluster.ssubscribe(weddingChannel(wedding)));
  }

  async unsubscribe(wedding: string): Promise<void> {
    await this.#guarded(() => this.#cluster.sunsubscribe(weddingChannel(wedding)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelCheck();
    this.#cluster.disconnect();
  }

  /** A reader without a position serves nobody, so it takes no lease. */
  #call(
    name: string,
    wedding: string,
    seen: Position | undefined,
    args: readonly (string | number)[],
    readsOnly = false,
  ): Promise<unknown> {
    const keys = weddingKeys(wedding);
    const stamp = `${this.#options.incarnation} ${this.#options.clock.monotonicMs()}`;
    const common = [
      readsOnly ? '' : this.#options.incarnation,
      LEASE_MS,
      this.#options.cacheTtlMs,
      seen?.epoch ?? '',
      seen?.seq ?? 0,
      stamp,
    ];
    return this.#guarded(() =>
      this.#cluster.fcall(`${PRESENCE_FUNCTIONS.name}_${name}`, keys.length, ...keys, ...common, ...args),
    );
  }

  /** While there is no cluster at all, ioredis would keep requests in a queue, to be done long after they were refused. */
  async #guarded(request: () => Promise<unknown>): Promise<unknown> {
    if (this.#cluster.status !== 'ready') throw new StoreUnavailable('there is no connection to Redis');
    try {
      return await withDeadline(request(), REQUEST_DEADLINE_MS, this.#options.clock);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message.startsWith('PRESENCEFULL')) throw new WeddingFull(message.replace(/^PRESENCEFULL /, ''));
      throw new StoreUnavailable(message, { cause: error });
    }
  }

  #receive(channel: string, text: string): void {
    const wedding = weddingOfChannel(channel);
    const change = wedding === undefined ? undefined : parseChange(text);
    if (wedding === undefined || change === undefined) {
      this.#options.log.warn({ channel }, 'a message that is not a presence change');
      return;
    }
    this.#options.onChange(wedding, change);
  }

  /**
   * Available when any primary answers and has the library: with one shard down the weddings of the others go on, and
   * pods that are all unready would end those too.
   */
  async #check(): Promise<void> {
    const { clock, log } = this.#options;
    try {
      if (this.#cluster.status !== 'ready') throw new StoreUnavailable('there is no connection to Redis');
      if (!this.#canSubscribe) throw new StoreUnavailable('there is no subscriber connection to Redis');
      const loaded = await withDeadline(
        ensureLibrary(this.#cluster, PRESENCE_FUNCTIONS),
        CHECK_DEADLINE_MS,
        clock,
      );
      if (loaded.failures.length > 0)
        log.debug({ failures: loaded.failures }, 'primaries without the function library');
      this.#setAvailable(loaded.ready > 0, loaded.failures.join('; '));
    } catch (error) {
      this.#setAvailable(false, error instanceof Error ? error.message : String(error));
    }
    if (!this.#closed) this.#cancelCheck = clock.setTimeout(() => void this.#check(), CHECK_INTERVAL_MS);
  }

  #setAvailable(available: boolean, because: string): void {
    if (available !== this.#available) {
      if (available) this.#options.log.info('Redis is available');
      else this.#options.log.warn({ because }, 'Redis is not available');
    }
    this.#available = available;
  }
}

function putArguments(wanted: Membership, resume: string): (string | number)[] {
  return [
    wanted.connection,
    wanted.user,
    encodeBody(wanted.body),
    wanted.graceMs,
    resume,
    MOST_CONNECTIONS_OF_A_WEDDING,
  ];
}

function toPosition(answer: unknown): Position {
  const [epoch, seq] = answer as [string, number];
  return { epoch, seq };
}

function toSnapshot(answer: unknown): StateSnapshot {
  const [epoch, seq, flat] = answer as [string, number, string[]];
  const entries = new Map<string, Entry>();
  for (let index = 0; index + 1 < flat.length; index += 2) {
    entries.set(flat[index] as string, decodeEntry(JSON.parse(flat[index + 1] as string) as StoredEntry));
  }
  return { epoch, seq, entries };
}

interface ChannelMessage {
  readonly e: string;
  readonly s: number;
  readonly o: string;
  readonly c?: readonly { readonly i: string; readonly v?: StoredEntry; readonly y?: string }[];
}

function parseChange(text: string): StateChange | undefined {
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

function toEntryChange(change: NonNullable<ChannelMessage['c']>[number]): EntryChange {
  if (change.v !== undefined) return { op: 'set', connection: change.i, entry: decodeEntry(change.v) };
  return { op: 'remove', connection: change.i, reason: (change.y ?? 'left') as LeaveReason | 'moved' };
}
