import type { Wedding, WeddingCalendar } from '../../api/v1alpha1/kinds.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import { type WeddingCalendarSpec, weddingCalendarSpec } from '../../api/v1alpha1/wedding-calendar.ts';
import { parseDuration } from '../../domain/calendar/duration.ts';
import { MS_A_DAY } from '../../domain/calendar/local-time.ts';
import { isKnownTimeZone } from '../../domain/calendar/time-zone.ts';
import { pollDelay } from '../../domain/feed/next-poll.ts';
import { planChanges } from '../../domain/feed/plan-changes.ts';
import { UnusableFeed } from '../../domain/feed/reading.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import type { EventRecorder } from '../../platform/kube/events.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Outcome, ReconcileContext } from '../../platform/runtime/controller.ts';
import { writeStatus } from '../objects/write-status.ts';
import { announcePoll } from './announce-poll.ts';
import { type CalendarFinding, type PollResult, statusAfterPoll, statusRefused } from './calendar-status.ts';
import type { Validator } from './fetch/fetch-feed.ts';
import { getFeed } from './get-feed.ts';
import { readInWorker } from './read-in-worker.ts';
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

/** Keeps the Weddings of each WeddingCalendar as its feed says, and as they were while the feed is of no use. */
export class CalendarReconciler {
  readonly #options: CalendarReconcilerOptions;

  constructor(options: CalendarReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(key: string, { signal }: ReconcileContext): Promise<Outcome> {
    const { client, calendars, clock } = this.#options;
    const calendar = calendars.get(key) as unknown as WeddingCalendar | undefined;
    if (calendar === undefined || calendar.metadata.deletionTimestamp !== undefined) return { kind: 'done' };
    const wait = waitOf(calendar, clock.now());
    if (wait !== undefined) return wait;
    const verdict = acceptCalendar(calendar);
    if (!verdict.accepted) {
      const status = statusRefused(calendar, verdict.refusal, clock.now());
      if (await writeStatus(client, calendar, status, signal))
        announcePoll(this.#options.events, calendar, status);
      return { kind: 'done' };
    }
    const result = await this.#poll(calendar, verdict.spec, signal);
    const now = clock.now();
    const nextPoll = new Date(now.getTime() + delayAfter(calendar, verdict.spec, result));
    const status = statusAfterPoll(calendar, result, { now, nextPoll });
    if (await writeStatus(client, calendar, status, signal)) {
      announcePoll(this.#options.events, calendar, status, result);
    }
    return { kind: 'requeueAt', at: nextPoll };
  }

  async #poll(
    calendar: WeddingCalendar,
    spec: WeddingCalendarSpec,
    signal: AbortSignal,
  ): Promise<PollResult> {
    const { client, clock } = this.#options;
    try {
      const ours = this.#weddingsOf(calendar);
      const known = validatorOf(calendar, ours.length, clock.now());
      const fetched = await getFeed(calendar, spec, known, { client, clock, signal });
      if (fetched.kind === 'NotModified') return { kind: 'NotModified' };
      return await this.#copy(calendar, spec, { ...fetched, ours }, signal);
    } catch (error) {
      if (error instanceof UnusableFeed) return { kind: 'Failed', failure: error };
      throw error;
    }
  }

  async #copy(
    calendar: WeddingCalendar,
    spec: WeddingCalendarSpec,
    { bytes, validator, ours }: { bytes: Uint8Array; validator: Validator; ours: readonly Wedding[] },
    signal: AbortSignal,
  ): Promise<PollResult> {
    const { client, clock, weddings } = this.#options;
    const { name, namespace } = calendar.metadata;
    const { weddings: mapping, defaultTimeZone, limits, format } = spec;
    const rules = { mapping, defaultTimeZone, maxEvents: limits.maxEvents };
    const now = clock.now();
    const reading = await readInWorker(
      { calendar: name, feed: { bytes, format, rules, now } },
      { clock, signal },
    );
    const plan = planChanges({
      ...{ calendar: name, bookings: reading.bookings, ours, now, acceptShrink: spec.acceptShrink },
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
  return isKnownTimeZone(defaultTimeZone)
    ? { accepted: true, spec: parsed.data }
    : refuse('UnknownTimeZone', `spec.defaultTimeZone: ${defaultTimeZone} is not an IANA time zone`);
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
