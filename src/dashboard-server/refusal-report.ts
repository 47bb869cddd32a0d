import { Counter, type Registry } from 'prom-client';
import type { Clock } from '../platform/runtime/clock.ts';
import type { Logger } from '../platform/telemetry/log.ts';

/** Of one kind of trouble the log gets one line in this time: callers decide how often they are refused. */
const ONE_LINE_MS = 10_000;
/** Longer reasons hold names that a caller chose. */
const MOST_CHARACTERS = 500;

export type Review = 'TokenReview' | 'SubjectAccessReview';

export interface ReportOptions {
  registry: Registry;
  log: Logger;
  clock: Clock;
}

interface Told {
  atMs: number;
  notLogged: number;
}

/** Counts every refusal and every review that failed, and logs some of them: an admin sees why viewers see nothing. */
export class RefusalReport {
  readonly #options: ReportOptions;
  readonly #refusals: Counter<'code'>;
  readonly #reviews: Counter<'review'>;
  readonly #told = new Map<string, Told>();

  constructor(options: ReportOptions) {
    this.#options = options;
    const registers = [options.registry];
    this.#refusals = new Counter({
      name: 'presence_dashboard_refusals_total',
      help: 'Requests that got no data, and open views that ended because of a refusal, by HTTP status.',
      labelNames: ['code'],
      registers,
    });
    this.#reviews = new Counter({
      name: 'presence_dashboard_review_failures_total',
      help: 'Reviews that the API server gave no answer to, by kind: TokenReview or SubjectAccessReview.',
      labelNames: ['review'],
      registers,
    });
  }

  /** @param code HTTP status of the answer */
  refused(code: number, because: string): void {
    this.#refusals.inc({ code: String(code) });
    this.#tell(`refused ${code}`, { code }, because, 'a request was refused');
  }

  reviewFailed(review: Review, because: string): void {
    this.#reviews.inc({ review });
    this.#tell(review, { review }, because, 'the API server did not answer a review');
  }

  #tell(kind: string, fields: object, because: string, message: string): void {
    const { clock, log } = this.#options;
    const nowMs = clock.monotonicMs();
    const told = this.#told.get(kind);
    if (told !== undefined && nowMs - told.atMs < ONE_LINE_MS) {
      told.notLogged += 1;
      return;
    }
    this.#told.set(kind, { atMs: nowMs, notLogged: 0 });
    const reason = because.slice(0, MOST_CHARACTERS);
    log.warn({ ...fields, because: reason, notLogged: told?.notLogged ?? 0 }, message);
  }
}
