import type { Wedding, WeddingCalendar } from '../../api/v1alpha1/kinds.ts';
import { FIELD_MANAGER, LABEL } from '../../api/v1alpha1/names.ts';
import { type WeddingCalendarSpec, weddingCalendarSpec } from '../../api/v1alpha1/wedding-calendar.ts';
import { parseDuration } from '../../domain/calendar/duration.ts';
import { isIanaTimeZone, zoneRefusal } from '../../domain/calendar/iana-zone.ts';
import { MS_A_DAY } from '../../domain/calendar/local-time.ts';
import { pollDelay } from '../../domain/feed/next-poll.ts';
import { planChanges } from '../../domain/feed/plan-changes.ts';
import { UnusableFeed } from '../../domain/feed/reading.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import type { EventRecorder } from '../../platform/kube/events.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Outcome, ReconcileContext } from '../../platform/runtime/controller.ts';
import { writeStatus } from '../objects/write-status.ts';
import { announcePoll } from './announce-poll.ts';
import {
  type CalendarFinding,
  type PollResult,
  statusAfterPoll,
  statusBeforePoll,
  statusInterrupted,
  statusRefused,
} from './calendar-status.ts';
import type { Validator } from './fetch/fetch-feed.ts';
import { getFeed } from './get-feed.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { readInWorker } from './read-in-worker.ts';
import type { NamedReading, WorkerTask } from './worker-messages.ts';
import { writeWeddings } from './write-weddings.ts';

export interface CalendarReconcilerOptions {
  client: KubeClient;
  calendars: StoreReader;
  weddings: StoreReader;
  events: EventRecorder;
  clock: Clock;
}

/** A feed is read whole this often though it says that nothing changed: recurring events go on, objects get lost. */
const READ_WHOLE_EVERY_MS = MS_A_DAY;

/** By then a cache has long caught up with what this process wrote. */
const CATCH_UP_MS = 5_000;

/** Keeps the Weddings of each WeddingCalendar as its feed says, and as they were while the feed is of no use. */
export class CalendarReconciler {
  readonly #options: CalendarReconcilerOptions;
  /** What a feed can cost is paid once, however many feeds there are. */
  readonly #reading = new OneAtATime();
  /** The last poll that this process began, by calendar: it is alive, so that was not lethal. */
  readonly #polls = new Map<string, { begun: string; ended: boolean }>();

  constructor(options: CalendarReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(key: string, { signal }: ReconcileContext): Promise<Outcome> {
    const { client, calendars, clock, events } = this.#options;
    const calendar = calendars.get(key) as unknown as WeddingCalendar | undefined;
    if (calendar === undefined || calendar.metadata.deletionTimestamp !== undefined) {
      this.#polls.delete(key);
      return { kind: 'done' };
    }
    const wait = await this.#waitAfterLastPoll(key, calendar, signal);
    if (wait !== undefined) return wait;
    const verdict = acceptCalendar(calendar);
    if (!verdict.accepted) {
      const status = statusRefused(calendar, verdict.refusal, clock.now());
      if (await writeStatus(client, calendar, status, signal)) announcePoll(events, calendar, status);
      return { kind: 'done' };
    }
    const result = await this.#poll(key, calendar, verdict.spec, signal);
    const now = clock.now();
    const nextPoll = new Date(now.getTime() + delayAfter(calendar, verdict.spec, result));
    const status = statusAfterPoll(calendar, result, { now, nextPoll });
    await client.applyStatus(statusOf(calendar, status), { fieldManager: FIELD_MANAGER.operator, signal });
    const poll = this.#polls.get(key);
    if (poll !== undefined) poll.ended = true;
    announcePoll(events, calendar, status, result);
    return { kind: 'requeueAt', at: nextPoll };
  }

  /** Why no poll begins now, if none does. */
  async #waitAfterLastPoll(
    key: string,
    calendar: WeddingCalendar,
    signal: AbortSignal,
  ): Promise<Outcome | undefined> {
    const { client, clock, events } = this.#options;
    const now = clock.now();
    const begun = calendar.status?.pollBegun;
    const own = this.#polls.get(key);
    if (begun !== undefined && (own === undefined || begun > own.begun)) {
      const next = retryOf(calendar, now);
      const status = statusInterrupted(calendar, next, now);
      if (await writeStatus(client, calendar, status, signal)) announcePoll(events, calendar, status);
      return { kind: 'requeueAt', at: next };
    }
    if (begun === undefined || begun !== own?.begun) return waitOf(calendar, now);
    // A poll that ended in trouble with the API server is repeated as soon as the work queue says.
    if (!own.ended) return undefined;
    // The cache is behind the end of our own poll, whose news comes.
    return { kind: 'requeueAt', at: new Date(now.getTime() + CATCH_UP_MS) };
  }

  async #poll(
    key: string,
    calendar: WeddingCalendar,
    spec: WeddingCalendarSpec,
    signal: AbortSignal,
  ): Promise<PollResult> {
    const { client, clock } = this.#options;
    try {
      const ours = this.#weddingsOf(calendar);
      const fetched = await this.#reading.run(signal, async () => {
        const validator = validatorOf(calendar, ours.length, clock.now());
        await this.#announceBegin(key, calendar, spec, signal);
        const consume = (chunks: AsyncIterable<Uint8Array>): Promise<NamedReading> =>
          readInWorker(taskOf(calendar, spec, clock.now()), chunks, { clock, signal });
        return await getFeed(calendar, spec, { validator, consume }, { client, clock, signal });
      });
      if (fetched.kind === 'NotModified') return { kind: 'NotModified' };
      const { content: reading, validator } = fetched;
      return await this.#copy(calendar, spec, { reading, validator, ours }, signal);
    } catch (error) {
      if (error instanceof UnusableFeed) return { kind: 'Failed', failure: error };
      throw error;
    }
  }

  /**
   * Writes that a poll begins, and when the next one is if this one never ends: a feed that kills the operator is then not
   * tried again at once, by this replica or another.
   */
  async #announceBegin(
    key: string,
    calendar: WeddingCalendar,
    spec: WeddingCalendarSpec,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, clock } = this.#options;
    const now = clock.now();
    const failures = (calendar.status?.failures ?? 0) + 1;
    const nextPoll = new Date(now.getTime() + pollDelay(parseDuration(spec.pollInterval), failures));
    const status = statusBeforePoll(calendar, { now, nextPoll });
    this.#polls.set(key, { begun: status.pollBegun, ended: false });
    await client.applyStatus(statusOf(calendar, status), { fieldManager: FIELD_MANAGER.operator, signal });
  }

  async #copy(
    calendar: WeddingCalendar,
    spec: WeddingCalendarSpec,
    { reading, validator, ours }: { reading: NamedReading; validator: Validator; ours: readonly Wedding[] },
    signal: AbortSignal,
  ): Promise<PollResult> {
    const { client, clock, weddings } = this.#options;
    const { name, namespace } = calendar.metadata;
    const { bookings, unread } = reading;
    const plan = planChanges({
      calendar: name,
      bookings,
      unread,
      ours,
      now: clock.now(),
      acceptShrink: spec.acceptShrink,
      existing: (wedding) => weddings.get(`${namespace}/${wedding}`) as unknown as Wedding | undefined,
    });
    if (plan.kind === 'Hold') throw new UnusableFeed('Shrunk', plan.message);
    const written = await writeWeddings(client, calendar, plan, signal);
    const problems = [...plan.problems, ...written.problems];
    return { kind: 'Copied', reading, validator, written: { ...written, problems } };
  }

  #weddingsOf({ metadata }: WeddingCalendar): Wedding[] {
    return this.#options.weddings
      .byLabel(LABEL.calendar, metadata.name)
      .filter((object) => object.metadata.namespace === metadata.namespace)
      .map((object) => object as unknown as Wedding);
  }
}

function taskOf(calendar: WeddingCalendar, spec: WeddingCalendarSpec, now: Date): Omit<WorkerTask, 'slots'> {
  const { weddings: mapping, defaultTimeZone, limits, format } = spec;
  const rules = { mapping, defaultTimeZone, maxEvents: limits.maxEvents };
  return { calendar: calendar.metadata.name, feed: { format, rules, now } };
}

function statusOf({ apiVersion, kind, metadata }: WeddingCalendar, status: object): KubeObject {
  const { name, namespace } = metadata;
  return { apiVersion, kind, metadata: { name, namespace }, status };
}

/** When a feed whose last poll never ended is asked again: as that poll has left it in status. */
function retryOf({ status }: WeddingCalendar, now: Date): Date {
  const next = Date.parse(status?.nextPoll ?? '');
  return new Date(Math.max(now.getTime(), Number.isNaN(next) ? 0 : next));
}

/** Whether the next poll is still ahead: each change of status brings the object here as well. */
function waitOf({ metadata, status }: WeddingCalendar, now: Date): Outcome | undefined {
  if (status?.observedGeneration === undefined || status.observedGeneration !== metadata.generation)
    return undefined;
  const refused = status.conditions?.some(
    ({ type, status: value }) => type === 'Accepted' && value === 'False',
  );
  if (refused === true) return { kind: 'done' };
  const next = Date.parse(status.nextPoll ?? '');
  return next > now.getTime() ? { kind: 'requeueAt', at: new Date(next) } : undefined;
}

type Verdict = { accepted: true; spec: WeddingCalendarSpec } | { accepted: false; refusal: CalendarFinding };

/** What the API server cannot check. */
export function acceptCalendar({ spec }: WeddingCalendar): Verdict {
  const parsed = weddingCalendarSpec.safeParse(spec);
  const refuse = (reason: 'Invalid' | 'UnknownTimeZone', message: string): Verdict => ({
    accepted: false,
    refusal: { type: 'Accepted', status: 'False', reason, message },
  });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse('Invalid', `spec.${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { defaultTimeZone } = parsed.data;
  return isIanaTimeZone(defaultTimeZone)
    ? { accepted: true, spec: parsed.data }
    : refuse('UnknownTimeZone', `spec.defaultTimeZone: ${zoneRefusal(defaultTimeZone)}`);
}

/** What names the last good copy, while that copy is what the spec and the day ask for. */
function validatorOf(
  { metadata, status }: WeddingCalendar,
  weddings: number,
  now: Date,
): Validator | undefined {
  if (status?.validator === undefined || status.observedGeneration !== metadata.generation) return undefined;
  const age = now.getTime() - Date.parse(status.lastRead ?? '');
  const whole = weddings >= (status.events?.weddings ?? 0);
  return age < READ_WHOLE_EVERY_MS && whole ? status.validator : undefined;
}

function delayAfter(calendar: WeddingCalendar, spec: WeddingCalendarSpec, result: PollResult): number {
  const interval = parseDuration(spec.pollInterval);
  return result.kind === 'Failed'
    ? pollDelay(interval, (calendar.status?.failures ?? 0) + 1, result.failure.retryAfterMs)
    : pollDelay(interval, 0);
}
