import type { PresenceCluster } from '../../../api/v1alpha1/kinds.ts';
import { ANNOTATION } from '../../../api/v1alpha1/names.ts';
import { dispositionOf } from '../../../platform/runtime/disposition.ts';
import { isLasting, type RefusalBackoff } from '../../memory/refusal-backoff.ts';
import type { StageTools } from './stage.ts';

/** One write of one object. */
export interface Request {
  /** `Kind/name` of the object, after a word for the stage where several stages write to the same one. */
  readonly key: string;
  /** Identifies what is asked for. */
  readonly request: string;
  readonly send: () => Promise<void>;
}

export interface Sender {
  refusals: RefusalBackoff;
  /** On the monotonic clock, in milliseconds. */
  nowMs: number;
}

export interface Answers {
  /** What a person must change before it is accepted, those included that are not sent again yet. */
  refused: Error[];
  /** Those of the refused that were not refused before, or not for this reason. */
  news: Error[];
  /** What is sent again soon. */
  failed: Error[];
}

export function senderOf({ memory: { refusals }, clock }: Pick<StageTools, 'memory' | 'clock'>): Sender {
  return { refusals, nowMs: clock.monotonicMs() };
}

/** With another value a person asks for another try. */
export function retryOf({ metadata }: PresenceCluster): string | undefined {
  return metadata.annotations?.[ANNOTATION.retry];
}

/** Sends all requests at once but those that were refused a short time ago; an aborted signal still throws. */
export async function sendAll(
  { refusals, nowMs }: Sender,
  requests: readonly Request[],
  signal: AbortSignal,
): Promise<Answers> {
  const result: Answers = { refused: [], news: [], failed: [] };
  const due = requests.filter(({ key, request }) => {
    const held = refusals.held(key, request, nowMs);
    if (held !== undefined) result.refused.push(held);
    return held === undefined;
  });
  const settled = await Promise.allSettled(due.map(({ send }) => send()));
  signal.throwIfAborted();
  for (const [index, { key, request }] of due.entries()) {
    const outcome = settled[index];
    if (outcome?.status !== 'rejected') refusals.forget(key);
    else if (!isLasting(outcome.reason)) result.failed.push(outcome.reason as Error);
    else {
      result.refused.push(outcome.reason);
      if (refusals.note(key, request, outcome.reason, nowMs)) result.news.push(outcome.reason);
    }
  }
  return result;
}

/**
 * Tells of what a stage was refused that sends its writes itself; the client does not repeat them before their time.
 *
 * @returns what failed for other reasons
 */
export function reportRefused(
  cluster: PresenceCluster,
  failures: readonly Error[],
  tools: Pick<StageTools, 'memory' | 'clock' | 'events' | 'results'>,
): Error[] {
  const { refusals, nowMs } = senderOf(tools);
  const refused = failures.filter(isLasting);
  for (const error of refused) {
    const isNews = refusals.note(`a stage: ${error.message}`, error.message, error, nowMs);
    if (isNews) tools.events.record(cluster, 'ApplyFailed', error.message);
  }
  tools.results.refused = [...tools.results.refused, ...refused];
  return failures.filter((error) => !isLasting(error));
}

/**
 * Sends the writes of a stage beside those that apply our objects. What is refused becomes an event and part of `ChildrenApplied`. An object
 * that was deleted or replaced meanwhile is handled by the next reconcile.
 *
 * @throws AggregateError what failed for reasons that pass
 */
export async function sendOrReport(
  cluster: PresenceCluster,
  requests: readonly Request[],
  tools: Pick<StageTools, 'memory' | 'clock' | 'events' | 'signal' | 'results'>,
): Promise<void> {
  const { events, results, signal } = tools;
  const { refused, news, failed } = await sendAll(senderOf(tools), requests, signal);
  for (const { message } of news) events.record(cluster, 'ApplyFailed', message);
  results.refused = [...results.refused, ...refused];
  const lasting = failed.filter((error) => !['gone', 'conflict'].includes(dispositionOf(error)));
  if (lasting.length > 0) throw new AggregateError(lasting);
}
