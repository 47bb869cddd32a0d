import { Cluster } from 'ioredis';
import { MAX_REMOVALS_PER_WEDDING } from '../../api/protocol/limits.ts';
import { encodeBody } from '../../domain/presence-state/entry.ts';
import { PRESENCE_FUNCTIONS } from '../../domain/presence-state/function-library.ts';
import { historyKey, weddingChannel } from '../../domain/presence-state/keys.ts';
import { tunedClusterOptions } from '../../platform/redis/cluster-options.ts';
import { TlsTrust } from '../../platform/redis/tls-trust.ts';
import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { PresenceConfig } from '../config/config.ts';
import { withDeadline } from './deadline.ts';
import { ensureLibrary } from './function-loader.ts';
import { Loss } from './loss.ts';
import { putArguments } from './put-arguments.ts';
import { AnswerReader, toFailure, toHistory, toPosition } from './redis-answers.ts';
import { RedisLogin } from './redis-login.ts';
import { Resubscription } from './resubscription.ts';
import { SlotWatch } from './slot-watch.ts';
import {
  type HistoryEntry,
  type Membership,
  type Patch,
  type Position,
  type PresenceStore,
  type StateChange,
  type StateSnapshot,
  StoreUnavailable,
} from './store.ts';
import { WeddingKeys } from './wedding-keys.ts';

export interface RedisStoreOptions {
  readonly redis: PresenceConfig['redis'];
  /** Unique to this run of this pod: a pod that starts again is another one. */
  readonly incarnation: string;
  readonly cacheTtlMs: number;
  /** Connections that one person may have in a wedding. */
  readonly maxConnectionsPerPerson: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onChange: (wedding: string, change: StateChange) => void;
  /** Subscriptions were made again: what was published in between is lost. */
  readonly onResubscribed: () => void;
}

/** A pod that did not renew for this long is dead. Two beats fit in, so one may be late. */
export const LEASE_MS = 2_000;
/** A failover with a node timeout of 2 s is over by then; a client waits no longer for its answer. */
const REQUEST_DEADLINE_MS = 5_000;
/** How ioredis says that it has no connection to subscribe on; it passes when it only lags behind the slots. */
const NO_SUBSCRIBER = 'No sharded subscriber';
const RENEW_AFTER_MS = 2_000;
/** Every attempt of ioredis ends within it, also with nodes that hang. */
const READY_WITHIN_MS = 20_000;
/** How often Redis is asked whether it is there, and the library whether it is loaded (a new shard lacks it). */
const CHECK_INTERVAL_MS = 1_000;
const CHECK_DEADLINE_MS = 2_000;

/** The shared state in Redis Cluster. Connects by itself, and goes on trying for ever. */
export class RedisStore implements PresenceStore {
  readonly #options: RedisStoreOptions;
  #cluster: Cluster;
  readonly #keys = new WeddingKeys();
  readonly #reader = new AnswerReader();
  /** What a new client has to subscribe to again, and whose it is: made once, as the keys are. */
  readonly #channels = new Map<string, string>();
  #available = false;
  #closed = false;
  readonly #subscriberLoss: Loss;
  readonly #absence: Loss;
  #cancelCheck: Cancel = () => {};
  #watch: SlotWatch | undefined;
  readonly #login: RedisLogin;
  readonly #trust: TlsTrust | undefined;

  constructor(options: RedisStoreOptions) {
    this.#options = options;
    const { tls, password } = options.redis;
    this.#login = new RedisLogin(password);
    this.#subscriberLoss = new Loss(options.clock);
    this.#absence = new Loss(options.clock);
    this.#trust = tls === undefined ? undefined : new TlsTrust(tls.ca, tls.serverName);
    this.#cluster = this.#open();
    void this.#check();
  }

  /** Redis has another password for us; logs in with it from the next connection on. */
  usePassword(password: string): void {
    if (this.#login.use(password)) this.#options.log.info('the password of Redis has changed');
  }

  /** The certificates of Redis are of other authorities; goes by them from the next connection on. */
  useAuthorities(ca: string): void {
    if (this.#trust?.use(ca)) this.#options.log.info('the authorities of Redis have changed');
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
    const args = putArguments(
      wanted,
      this.#write(wanted),
      resume,
      'whole state',
      this.#options.maxConnectionsPerPerson,
    );
    return this.#reader.snapshot(await this.#call('put', wedding, seen, args));
  }

  async enter(
    wedding: string,
    seen: Position | undefined,
    wanted: Membership,
    resume = '',
  ): Promise<Position> {
    const args = putArguments(
      wanted,
      this.#write(wanted),
      resume,
      'position',
      this.#options.maxConnectionsPerPerson,
    );
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

  async beat(wedding: string, seen: Position | undefined): Promise<Position> {
    return toPosition(await this.#call('beat', wedding, seen, []));
  }

  async snapshot(wedding: string, seen: Position | undefined): Promise<StateSnapshot> {
    return this.#reader.snapshot(await this.#call('snapshot', wedding, seen, [], seen === undefined));
  }

  async subscribe(wedding: string): Promise<void> {
    this.#channels.set(weddingChannel(wedding), wedding);
    try {
      await this.#guarded(() => this.#cluster.ssubscribe(weddingChannel(wedding)));
    } catch (error) {
      const isLost = error instanceof StoreUnavailable && error.message.startsWith(NO_SUBSCRIBER);
      if (isLost && this.#subscriberLoss.note(RENEW_AFTER_MS))
        this.#renew('the client has lost its subscriber connections');
      throw error;
    }
  }

  async unsubscribe(wedding: string): Promise<void> {
    this.#channels.delete(weddingChannel(wedding));
    await this.#guarded(() => this.#cluster.sunsubscribe(weddingChannel(wedding)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelCheck();
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
    const again = new Resubscription(cluster, this.#channels, log);
    cluster.on('error', (error: Error) => log.debug({ err: error }, 'Redis connection'));
    cluster.on('smessage', (channel: string, message: string) => this.#receive(channel, message));
    cluster.on('ready', () => again.attempt());
    cluster.on('subscribersReady', () => {
      if (cluster !== this.#cluster) return;
      again.attempt();
      onResubscribed();
    });
    return cluster;
  }

  /**
   * After a refresh of the slots that found no nodes, ioredis 6.0 may never make a subscriber connection again
   * (ClusterSubscriberGroup.reset skips "no topology change", or waits for one that was given up), and after a name that
   * was not found at the wrong moment it does not connect any more. A new client does.
   */
  #renew(because: string): void {
    if (this.#closed) return;
    this.#options.log.warn({ because }, 'connecting to Redis anew');
    const old = this.#cluster;
    this.#cluster = this.#open();
    old.disconnect();
  }

  /** A reader without a position serves nobody, so it takes no lease. */
  #call(
    name: 'put' | 'leave' | 'drop' | 'patch' | 'expel' | 'beat' | 'snapshot',
    wedding: string,
    seen: Position | undefined,
    args: readonly (string | number)[],
    readsOnly = false,
  ): Promise<unknown> {
    const { incarnation, cacheTtlMs, clock } = this.#options;
    const keys = this.#keys.of(wedding);
    const stamp = `${incarnation} ${clock.monotonicMs()}`;
    const pod = readsOnly ? '' : incarnation;
    const common = [pod, LEASE_MS, cacheTtlMs, seen?.epoch ?? '', seen?.seq ?? 0, stamp];
    const request = [`${PRESENCE_FUNCTIONS.name}_${name}`, keys.length, ...keys, ...common, ...args];
    return this.#guarded(() => this.#cluster.call('FCALL', request));
  }

  #write({ connection, body }: Membership): string {
    return this.#reader.write(connection, body);
  }

  /** While there is no cluster at all, ioredis would keep requests in a queue, to be done long after they were refused. */
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
    const wedding = this.#channels.get(channel);
    if (wedding === undefined) return; // Nobody follows it any more.
    const change = this.#reader.change(text);
    if (change === undefined) {
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
      if (this.#cluster.status !== 'ready') {
        if (this.#absence.note(READY_WITHIN_MS)) this.#renew('the client is not ready for long');
        throw new StoreUnavailable('there is no connection to Redis');
      }
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
