import { Cluster } from 'ioredis';
import { MAX_CONNECTIONS_PER_WEDDING, MAX_REMOVALS_PER_WEDDING } from '../../api/protocol/limits.ts';
import { encodeBody } from '../../domain/presence-state/entry.ts';
import { PRESENCE_FUNCTIONS } from '../../domain/presence-state/function-library.ts';
import { historyKey, weddingChannel, weddingKeys } from '../../domain/presence-state/keys.ts';
import { tunedClusterOptions } from '../../platform/redis/cluster-options.ts';
import { TlsTrust } from '../../platform/redis/tls-trust.ts';
import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { PresenceConfig } from '../config/config.ts';
import { Lru } from '../limits/lru.ts';
import { withDeadline } from './deadline.ts';
import { EndingLeases } from './ending-leases.ts';
import { FailureTimer } from './failure-timer.ts';
import { ensureLibrary } from './function-loader.ts';
import { AnswerReader, toEndingLeases, toFailure, toHistory, toPosition } from './redis-answers.ts';
import { RedisLogin } from './redis-login.ts';
import { Resubscription } from './resubscription.ts';
import { SlotWatch } from './slot-watch.ts';
import {
  type ChangeReceiver,
  type HistoryEntry,
  type Membership,
  type Patch,
  type Position,
  type PresenceStore,
  type StateSnapshot,
  StoreUnavailable,
} from './store.ts';

export interface RedisStoreOptions {
  readonly redis: PresenceConfig['redis'];
  /** Unique to this run of this pod: a restarted pod has another one. */
  readonly incarnation: string;
  readonly cacheTtlMs: number;
  /** Connections that one person may have in a wedding. */
  readonly maxConnectionsPerPerson: number;
  /** `LEASE_MS` when left out. */
  readonly leaseMs?: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Subscriptions were renewed: messages published in between are lost. */
  readonly onResubscribed: () => void;
}

/** A pod that did not renew its lease for this long is dead. Two heartbeats fit in, so one may be late. See `EndingLeases`. */
export const LEASE_MS = 2_000;
/** A failover with a node timeout of 2 s is over by then. */
const REQUEST_DEADLINE_MS = 5_000;
/** Error text of ioredis without a connection to subscribe on. It passes when ioredis only lags behind the slots. */
const NO_SUBSCRIBER = 'No sharded subscriber';
const RENEW_AFTER_MS = 2_000;
/** Every connection attempt of ioredis ends within this time, also with nodes that hang. */
const READY_WITHIN_MS = 20_000;
/** How often Redis is checked to answer and to have the library (a new shard lacks it). */
const CHECK_INTERVAL_MS = 1_000;
const CHECK_DEADLINE_MS = 2_000;
/** Weddings whose keys are kept. Concatenated texts that are new each time are flattened, measured and hashed each time. */
const MAX_KNOWN_KEYS = 1_024;

/** The shared state in Redis Cluster. Connects by itself and retries for ever. */
export class RedisStore implements PresenceStore {
  readonly #options: RedisStoreOptions;
  #cluster: Cluster;
  readonly #keys = new Lru<string, readonly string[]>(MAX_KNOWN_KEYS);
  readonly #reader = new AnswerReader();
  readonly #leases: EndingLeases;
  /** By channel: the receiver of its changes. A new client subscribes to all of them again. */
  readonly #receivers = new Map<string, ChangeReceiver>();
  #available = false;
  #closed = false;
  readonly #noSubscriber: FailureTimer;
  readonly #notReady: FailureTimer;
  #cancelCheck: Cancel = () => {};
  #watch: SlotWatch | undefined;
  readonly #login: RedisLogin;
  readonly #trust: TlsTrust | undefined;

  constructor(options: RedisStoreOptions) {
    this.#options = options;
    const { tls, password } = options.redis;
    this.#login = new RedisLogin(password);
    this.#noSubscriber = new FailureTimer(options.clock);
    this.#notReady = new FailureTimer(options.clock);
    this.#trust = tls === undefined ? undefined : new TlsTrust(tls.ca, tls.serverName);
    // Not with a lease of its own: the room may have been left since.
    const expire = (wedding: string, leases: readonly string[]): Promise<unknown> =>
      this.#call('expire', wedding, undefined, leases, true);
    this.#leases = new EndingLeases({ clock: options.clock, expire });
    this.#cluster = this.#open();
    void this.#check();
  }

  /** Logs in with this password from the next connection on. */
  usePassword(password: string): void {
    if (this.#login.use(password)) this.#options.log.info('the Redis password has changed');
  }

  /** Trusts these authorities from the next connection on. */
  useAuthorities(ca: string): void {
    if (this.#trust?.use(ca)) this.#options.log.info('the certificate authorities of Redis have changed');
  }

  /** The slots as the client knows them: the nodes of each, the primary first. */
  get slots(): readonly (readonly string[] | undefined)[] {
    return this.#cluster.slots;
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
    const args = this.#putArguments(wanted, resume, true);
    return this.#reader.snapshot(await this.#call('put', wedding, seen, args));
  }

  async enter(
    wedding: string,
    seen: Position | undefined,
    wanted: Membership,
    resume = '',
  ): Promise<Position> {
    const args = this.#putArguments(wanted, resume, false);
    return toPosition(await this.#call('put', wedding, seen, args));
  }

  update(wedding: string, seen: Position | undefined, wanted: Membership): Promise<Position> {
    return this.enter(wedding, seen, wanted);
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

  async patch(
    wedding: string,
    seen: Position | undefined,
    patches: readonly Patch[],
  ): Promise<Position & { readonly changed: readonly string[] }> {
    const args = patches.flatMap((one) => [one.connection, encodeBody(one.before), encodeBody(one.after)]);
    const answer = await this.#call('patch', wedding, seen, args, seen === undefined);
    return { ...toPosition(answer), changed: (answer as [string, number, string[]])[2] };
  }

  async expel(wedding: string, user: string, until: Date): Promise<Position & { readonly ended: number }> {
    const args = [user, until.getTime(), MAX_REMOVALS_PER_WEDDING];
    const answer = await this.#call('expel', wedding, undefined, args, true);
    return { ...toPosition(answer), ended: (answer as [string, number, number])[2] };
  }

  async history(wedding: string): Promise<readonly HistoryEntry[]> {
    return toHistory(await this.#guarded(() => this.#cluster.xrange(historyKey(wedding), '-', '+')));
  }

  async heartbeat(wedding: string, seen: Position | undefined): Promise<Position> {
    return toPosition(await this.#call('beat', wedding, seen, []));
  }

  async snapshot(wedding: string, seen: Position | undefined): Promise<StateSnapshot> {
    return this.#reader.snapshot(await this.#call('snapshot', wedding, seen, [], seen === undefined));
  }

  async subscribe(wedding: string, receiver: ChangeReceiver): Promise<void> {
    this.#receivers.set(weddingChannel(wedding), receiver);
    try {
      await this.#guarded(() => this.#cluster.ssubscribe(weddingChannel(wedding)));
    } catch (error) {
      const isLost = error instanceof StoreUnavailable && error.message.startsWith(NO_SUBSCRIBER);
      if (isLost && this.#noSubscriber.note(RENEW_AFTER_MS))
        this.#renew('the client has lost its subscriber connections');
      throw error;
    }
  }

  async unsubscribe(wedding: string): Promise<void> {
    this.#receivers.delete(weddingChannel(wedding));
    await this.#guarded(() => this.#cluster.sunsubscribe(weddingChannel(wedding)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelCheck();
    this.#leases.close();
    this.#watch?.close();
    this.#cluster.disconnect();
  }

  #open(): Cluster {
    const { redis, log, onResubscribed } = this.#options;
    const cluster = new Cluster([...redis.nodes], {
      ...tunedClusterOptions({ ...redis, tls: this.#trust?.option }),
      shardedSubscribers: true,
      slotsRefreshInterval: 0, // SlotWatch does it.
    });
    this.#watch?.close();
    this.#watch = new SlotWatch(cluster, this.#options.clock);
    this.#login.attach(cluster);
    const resubscription = new Resubscription(cluster, this.#receivers, log);
    cluster.on('error', (error: Error) => log.debug({ err: error }, 'Redis connection'));
    cluster.on('smessage', (channel: string, message: string) => this.#receive(channel, message));
    cluster.on('ready', () => resubscription.attempt());
    cluster.on('subscribersReady', () => {
      if (cluster !== this.#cluster) return;
      resubscription.attempt();
      onResubscribed();
    });
    return cluster;
  }

  /**
   * After a slot refresh that found no nodes, ioredis 6.0 may never open a subscriber connection again
   * (ClusterSubscriberGroup.reset skips "no topology change", or waits for a connection that was given up), and after a
   * failed name lookup at the wrong moment it does not connect any more. A new client does.
   */
  #renew(reason: string): void {
    if (this.#closed) return;
    this.#options.log.warn({ because: reason }, 'reconnecting to Redis with a new client');
    const old = this.#cluster;
    this.#cluster = this.#open();
    old.disconnect();
  }

  /** A reader without a position serves no clients, so it takes no lease. */
  async #call(
    name: 'put' | 'leave' | 'drop' | 'patch' | 'expel' | 'expire' | 'beat' | 'snapshot',
    wedding: string,
    seen: Position | undefined,
    args: readonly (string | number)[],
    readsOnly = false,
  ): Promise<unknown> {
    const { incarnation, cacheTtlMs, clock, leaseMs = LEASE_MS } = this.#options;
    const keys = this.#keysOf(wedding);
    const stamp = `${incarnation} ${clock.monotonicMs()}`;
    const pod = readsOnly ? '' : incarnation;
    const common = [pod, leaseMs, cacheTtlMs, seen?.epoch ?? '', seen?.seq ?? 0, stamp];
    const request = [`${PRESENCE_FUNCTIONS.name}_${name}`, keys.length, ...keys, ...common, ...args];
    const answer = await this.#guarded(() => this.#cluster.call('FCALL', request));
    if (!this.#closed) this.#leases.note(wedding, toEndingLeases(answer));
    return answer;
  }

  #keysOf(wedding: string): readonly string[] {
    const known = this.#keys.get(wedding);
    if (known !== undefined) return known;
    const keys = weddingKeys(wedding);
    this.#keys.set(wedding, keys);
    return keys;
  }

  /** The arguments of `put`. */
  #putArguments(
    { connection, user, body, graceMs }: Membership,
    resume: string,
    wholeState: boolean,
  ): (string | number)[] {
    const text = this.#reader.write(connection, body);
    const answer = wholeState ? '1' : '0';
    return [
      connection,
      user,
      text,
      graceMs,
      resume,
      MAX_CONNECTIONS_PER_WEDDING,
      answer,
      body.role,
      this.#options.maxConnectionsPerPerson,
    ];
  }

  /** Without a connection, ioredis would queue requests and send them long after they were given up. */
  async #guarded(request: () => Promise<unknown>): Promise<unknown> {
    if (this.#cluster.status !== 'ready') throw new StoreUnavailable('there is no connection to Redis');
    try {
      return await withDeadline(request(), REQUEST_DEADLINE_MS, this.#options.clock);
    } catch (error) {
      const failure = toFailure(error);
      if (failure instanceof StoreUnavailable) this.#watch?.noteFailure();
      throw failure;
    }
  }

  #receive(channel: string, text: string): void {
    const receiver = this.#receivers.get(channel);
    if (receiver === undefined) return; // Unsubscribed meanwhile.
    const change = this.#reader.change(text);
    if (change === undefined) {
      this.#options.log.warn({ channel }, 'received a message that is not a presence change');
      return;
    }
    receiver.receive(change);
  }

  /**
   * Available when any primary answers and has the library: with one shard down the weddings of the other shards go on,
   * and if all pods became unready those would stop too.
   */
  async #check(): Promise<void> {
    const { clock, log } = this.#options;
    try {
      if (this.#cluster.status !== 'ready') {
        if (this.#notReady.note(READY_WITHIN_MS)) this.#renew('the client was not ready for too long');
        throw new StoreUnavailable('there is no connection to Redis');
      }
      const loaded = await withDeadline(
        ensureLibrary(this.#cluster, PRESENCE_FUNCTIONS),
        CHECK_DEADLINE_MS,
        clock,
      );
      if (loaded.failures.length > 0)
        log.debug({ failures: loaded.failures }, 'some primaries lack the function library');
      this.#setAvailable(loaded.ready > 0, loaded.failures.join('; '));
    } catch (error) {
      this.#setAvailable(false, error instanceof Error ? error.message : String(error));
    }
    if (!this.#closed) this.#cancelCheck = clock.setTimeout(() => void this.#check(), CHECK_INTERVAL_MS);
  }

  #setAvailable(available: boolean, reason: string): void {
    if (available !== this.#available) {
      if (available) this.#options.log.info('Redis is available');
      else this.#options.log.warn({ because: reason }, 'Redis is not available');
    }
    this.#available = available;
  }
}
