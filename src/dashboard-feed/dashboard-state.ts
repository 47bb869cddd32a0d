import type { CalendarPage } from '../api/dashboard/calendar-page.ts';
import type { ClusterPage } from '../api/dashboard/cluster-page.ts';
import type { Explanation } from '../api/dashboard/explanation.ts';
import type { FleetRow } from '../api/dashboard/fleet.ts';
import type { DashboardHealth } from '../api/dashboard/health.ts';
import type { TimelineSpan } from '../api/dashboard/timeline-span.ts';
import type { WeddingPage } from '../api/dashboard/wedding-page.ts';
import type { PresenceCluster } from '../api/v1alpha1/kinds.ts';
import { zonesInForce } from '../domain/calendar/zones/zones-in-force.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import type { ChangeEvent } from '../platform/kube/reflector.ts';
import type { Cancel, Clock } from '../platform/runtime/clock.ts';
import { decidingSpec } from '../reports/deciding-spec.ts';
import { FleetFeed } from './fleet-feed.ts';
import { eventFrame, LiveStream } from './live-stream.ts';
import { WatchedObjects } from './objects/watched-objects.ts';
import { PageFeed } from './page-feed.ts';
import { calendarPage } from './pages/calendar-page.ts';
import { brokenPage, clusterPage } from './pages/cluster-page.ts';
import { explanationOf } from './pages/explanation.ts';
import { brokenRow, fleetRow } from './pages/fleet-row.ts';
import { weddingPage } from './pages/wedding-page.ts';
import { plannableDay, plannableTime } from './plannable-time.ts';
import { RecordedSteps } from './recorded-steps.ts';
import { Refusal } from './refusal.ts';

/** Changes within this time are shown together; an update is on screen within half a second. */
const JOIN_MS = 200;
/** A viewer that hears nothing for three of these knows that the server is away. */
const BEAT_MS = 5000;
/** Weddings begin and freezes end without a change of any object. */
const RECOMPUTE_MS = 15_000;
const MS_AN_HOUR = 3_600_000;

export interface StateOptions {
  client: KubeClient;
  clock: Clock;
  version: string;
  /** Empty: all namespaces. */
  namespaces: readonly string[];
  /** Whether it reads with rights of its own, which are not those of its viewers. */
  isInCluster: boolean;
  /** Whether the record of past pods, a ConfigMap, may be read. */
  readsHistory: boolean;
}

interface WatchedPage {
  /** Of the PresenceCluster that it is about. */
  key: string;
  /** What it shows now; undefined when there is no such object any more. */
  compute: () => object | undefined;
  feed: PageFeed;
  stream: LiveStream;
}

/** Everything that the dashboard serves, kept up to date from one set of watches. */
export class DashboardState {
  readonly #options: StateOptions;
  readonly #objects: WatchedObjects;
  readonly #recorded: RecordedSteps;
  readonly #stopping = new AbortController();
  readonly #fleet = new FleetFeed();
  readonly #fleetStream: LiveStream;
  /** Each is computed once for all its viewers. */
  readonly #pages = new Map<string, WatchedPage>();
  readonly #dirty = new Set<string>();
  readonly #timers = new Set<Cancel>();
  #flushing: Cancel | undefined;

  constructor(options: StateOptions) {
    this.#options = options;
    const { client, clock, namespaces, readsHistory } = options;
    this.#fleetStream = new LiveStream(this.#fleet, clock);
    this.#recorded = new RecordedSteps({
      client,
      clock,
      signal: this.#stopping.signal,
      readsHistory,
      onRead: (key) => this.#touch([key]),
    });
    this.#objects = new WatchedObjects({
      client,
      clock,
      namespaces,
      onChange: (kind, event) => this.#touch(this.#concerned(kind, event)),
    });
  }

  start(): void {
    this.#objects.start();
    this.#repeat(BEAT_MS, () => {
      const health = this.healthFrame();
      this.#fleetStream.beat(health);
      for (const { stream } of this.#pages.values()) stream.beat(health);
    });
    this.#repeat(RECOMPUTE_MS, () => this.#touch(this.#objects.clusterKeys()));
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the dashboard stops'));
    for (const cancel of this.#timers) cancel();
    this.#flushing?.();
    this.#fleetStream.close();
    for (const { stream } of this.#pages.values()) stream.close();
    await this.#objects.stop();
  }

  get fleet(): LiveStream {
    return this.#fleetStream;
  }

  health(): DashboardHealth {
    const { clock, version, isInCluster } = this.#options;
    return {
      at: clock.now().toISOString(),
      version,
      tzdb: zonesInForce().version,
      sources: this.#objects.sources(),
      isInCluster,
    };
  }

  healthFrame(): Buffer {
    return eventFrame('health', JSON.stringify(this.health()));
  }

  /** @throws Error that names a kind that was not read yet; one that may not be read is not waited for */
  checkReady(): void {
    const missing = this.#objects
      .sources()
      .filter(({ synced, problem }) => !synced && problem?.isForbidden !== true);
    if (missing.length > 0) throw new Error(`not read yet: ${missing.map(({ kind }) => kind).join(', ')}`);
  }

  /**
   * Every namespace that has a PresenceCluster.
   *
   * @throws {Refusal} 503 before they were read: until then no viewer is shown anything
   */
  namespaces(): Set<string> {
    if (!this.#objects.hasRead('PresenceCluster'))
      throw new Refusal(
        503,
        'the dashboard has begun just now and has not read the PresenceClusters yet: the page asks again by itself',
      );
    return new Set(this.#objects.clusterKeys().map((key) => key.split('/', 1)[0] ?? ''));
  }

  has(key: string): boolean {
    return this.#objects.cluster(key) !== undefined;
  }

  /** The stream of one page; undefined when there is no such PresenceCluster. */
  page(key: string, span: TimelineSpan): LiveStream | undefined {
    return this.#open(`${key} ${span.id}`, key, 'cluster', () => this.#clusterPage(key, span));
  }

  /** The stream of one wedding that a PresenceCluster serves; undefined when there is no such wedding. */
  wedding(key: string, name: string): LiveStream | undefined {
    return this.#open(`${key} wedding ${name}`, key, 'wedding', () => this.#weddingPage(key, name));
  }

  #open(id: string, key: string, event: string, compute: WatchedPage['compute']): LiveStream | undefined {
    const known = this.#pages.get(id);
    if (known !== undefined) return known.stream;
    const content = compute();
    if (content === undefined) return undefined;
    this.#forgetUnseenPages();
    const feed = new PageFeed(event);
    feed.put(content);
    const stream = new LiveStream(feed, this.#options.clock);
    this.#pages.set(id, { key, compute, feed, stream });
    return stream;
  }

  /**
   * What `explain` answers for a time.
   *
   * @param at RFC 3339, or without an offset a time on the clocks of the PresenceCluster
   * @throws {WrongTime | SpecNotAccepted} when it is no such time, or no spec of the PresenceCluster was ever accepted
   */
  explain(key: string, at: string): Explanation | undefined {
    const presenceCluster = this.#valid(key);
    if (presenceCluster === undefined) return undefined;
    const { timeZone } = decidingSpec(presenceCluster).spec;
    return explanationOf(
      presenceCluster,
      this.#inventory(presenceCluster),
      plannableTime(at, timeZone),
      false,
    );
  }

  /**
   * @param firstDay YYYY-MM-DD on the clocks of the PresenceCluster
   * @throws {WrongTime | SpecNotAccepted} when it is no such day, or no spec of the PresenceCluster was ever accepted
   */
  calendar(key: string, firstDay: string, days: number): CalendarPage | undefined {
    const presenceCluster = this.#valid(key);
    if (presenceCluster === undefined) return undefined;
    const now = this.#options.clock.now();
    const inventory = this.#inventory(presenceCluster);
    return calendarPage(presenceCluster, inventory, { firstDay: plannableDay(firstDay), days, now });
  }

  #valid(key: string): PresenceCluster | undefined {
    const validation = this.#objects.cluster(key)?.validation;
    return validation?.ours === true && validation.valid
      ? (validation.object as unknown as PresenceCluster)
      : undefined;
  }

  #inventory({ metadata }: PresenceCluster) {
    return this.#objects.inventory(metadata.namespace);
  }

  /** The PresenceClusters whose row or page may differ after a change. */
  #concerned(kind: string, { object, type }: ChangeEvent): string[] {
    const { namespace = '', name } = object.metadata;
    if (kind === 'Wedding' || kind === 'RolloutOverride') return this.#objects.clusterKeys(namespace);
    if (kind === 'PresenceCluster' && type === 'deleted') this.#recorded.forget(`${namespace}/${name}`);
    if (kind === 'Event') return [`${namespace}/${(object as { regarding?: string }).regarding ?? ''}`];
    if (kind !== 'Pod') return [`${namespace}/${name}`];
    return Object.values(object.metadata.labels ?? {}).map((cluster) => `${namespace}/${cluster}`);
  }

  #touch(keys: Iterable<string>): void {
    for (const key of keys) this.#dirty.add(key);
    this.#flushing ??= this.#options.clock.setTimeout(() => this.#flush(), JOIN_MS);
  }

  #flush(): void {
    this.#flushing = undefined;
    const keys = [...this.#dirty];
    this.#dirty.clear();
    const changed = keys.filter((key) => this.#computeRow(key));
    if (changed.length > 0) this.#fleetStream.publish();
    const touched = new Set(keys);
    this.#forgetUnseenPages();
    for (const [id, page] of this.#pages) if (touched.has(page.key)) this.#computePage(id, page);
  }

  #forgetUnseenPages(): void {
    for (const [id, { stream }] of this.#pages) if (stream.size === 0) this.#pages.delete(id);
  }

  /** @returns whether the row differs from before */
  #computeRow(key: string): boolean {
    const found = this.#objects.cluster(key);
    if (found === undefined) return this.#fleet.remove(key);
    const presenceCluster = this.#valid(key);
    if (presenceCluster !== undefined) {
      const { presence, scaling } = presenceCluster.status ?? {};
      this.#recorded.see(key, presence?.readyReplicas, scaling?.connections);
    }
    return this.#fleet.put(this.#rowOf(key));
  }

  #rowOf(key: string): FleetRow {
    const validation = this.#objects.cluster(key)?.validation;
    const presenceCluster = this.#valid(key);
    if (presenceCluster !== undefined)
      return fleetRow(presenceCluster, this.#inventory(presenceCluster), this.#options.clock.now());
    return brokenRow(key, validation?.ours === true && !validation.valid ? validation.problems : []);
  }

  #computePage(id: string, { compute, feed, stream }: WatchedPage): void {
    const content = compute();
    if (content === undefined) {
      // The next request for it gets 404.
      this.#pages.delete(id);
      stream.close();
    } else if (feed.put(content)) stream.publish();
  }

  #clusterPage(key: string, span: TimelineSpan): ClusterPage | undefined {
    if (!this.has(key)) return undefined;
    const row = this.#rowOf(key);
    const input = this.#pageInput(key, row);
    if (input === undefined) return brokenPage(row);
    // On the minute, so that a page that does not change is not sent again.
    const minute = Math.floor(input.now.getTime() / 60_000) * 60_000;
    return clusterPage({
      ...input,
      pods: this.#objects.pods(row.namespace, row.name),
      from: new Date(minute - span.hoursBehind * MS_AN_HOUR),
      until: new Date(minute + span.hoursAhead * MS_AN_HOUR),
    });
  }

  #weddingPage(key: string, name: string): WeddingPage | undefined {
    const input = this.#pageInput(key, this.#rowOf(key));
    return input === undefined ? undefined : weddingPage({ ...input, name });
  }

  /** What every page of a PresenceCluster is made of; undefined for an object that breaks its schema. */
  #pageInput(key: string, row: FleetRow) {
    const presenceCluster = this.#valid(key);
    if (presenceCluster === undefined) return undefined;
    return {
      row,
      presenceCluster,
      inventory: this.#inventory(presenceCluster),
      events: this.#objects.events(row.namespace, row.name),
      recorded: this.#recorded.of(key),
      now: this.#options.clock.now(),
    };
  }

  #repeat(everyMs: number, act: () => void): void {
    const { clock } = this.#options;
    const next = (): void => {
      const cancel = clock.setTimeout(() => {
        this.#timers.delete(cancel);
        act();
        next();
      }, everyMs);
      this.#timers.add(cancel);
    };
    next();
  }
}
