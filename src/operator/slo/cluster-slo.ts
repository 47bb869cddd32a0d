import type { SloSpec } from '../../api/v1alpha1/slo/slo.ts';
import { CountedPods, type CountsRound, type LeftOut } from '../../domain/slo/counted-pods.ts';
import { judgeSlo, type SloState } from '../../domain/slo/judge-slo.ts';
import { SloHistory, type WrittenHistory } from '../../domain/slo/slo-history.ts';
import { NOTHING, type Tally } from '../../domain/slo/tally.ts';

/** What status shows of the objectives. */
export interface SloView {
  /** Undefined: no pod has reported for {@link NOT_MEASURED_AFTER_MS}, or none ever has. */
  readonly state: SloState | undefined;
  readonly leftOut: readonly LeftOut[];
}

/** One round of reading, and what it is judged by. */
export interface SloReport extends CountsRound {
  readonly spec: SloSpec;
  /** Presence pods are wanted, none is ready and none answers. */
  readonly isDown: boolean;
  readonly now: number;
}

/** Rates change with each report; what is shown changes this often, or when the verdict does. */
const SHOWN_FOR_MS = 60_000;
/** As long as the shortest window. */
const NOT_MEASURED_AFTER_MS = 300_000;
/** Of an outage, at most so much is counted at once: this process may have been held up itself. */
const LONGEST_ROUND_MS = 60_000;
/** Failures are written down soon, so that a new leader knows of them. */
const WRITE_FAILURES_EVERY_MS = 60_000;
/** The rest can be lost with the process. */
const WRITE_EVERY_MS = 3_600_000;

/** The objectives of one PresenceCluster: counts what its pods report, and judges it. */
export class ClusterSlo {
  #history: SloHistory | undefined;
  #windowDays = 0;
  /** What is restored once the spec says how long the window is. */
  #restored: { readonly written: WrittenHistory | undefined } | undefined;
  readonly #pods = new CountedPods();
  /** Hidden changes per millisecond, as last reported. */
  #pace = 0;
  #firstReportAt: number | undefined;
  #reportedAt: number | undefined;
  #countedAt: number | undefined;
  #view: SloView | undefined;
  #shownAt = 0;
  #writtenAt = 0;
  #isFailing = false;
  #unwritten: 'nothing' | 'successes' | 'failures' = 'nothing';

  /** Undefined before the first report of this process. */
  get view(): SloView | undefined {
    return this.#view;
  }

  /** Something failed in the last report, or no pod is there. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  get isRestored(): boolean {
    return this.#restored !== undefined;
  }

  /** Takes what an earlier process has written down; undefined: there is nothing. Until then nothing is counted. */
  restore(written: WrittenHistory | undefined, monotonicMs: number): void {
    this.#restored = { written };
    this.#history = undefined;
    this.#writtenAt = monotonicMs;
  }

  /** Takes a report of all pods. Tells whether the verdict is another one than before. */
  report(report: SloReport): boolean {
    const history = this.#historyFor(report.spec.windowDays);
    const tally = this.#tally(report);
    this.#reportedAt = report.monotonicMs;
    const failed = tally === undefined ? 0 : tally.updates.failed + tally.joins.failed;
    this.#isFailing = failed > 0 || report.isDown;
    if (history === undefined) return false;
    if (tally !== undefined) {
      history.add(report.now, tally);
      this.#countedAt = report.monotonicMs;
      if (failed > 0) this.#unwritten = 'failures';
      else if (this.#unwritten === 'nothing') this.#unwritten = 'successes';
    }
    return this.#show(history, report);
  }

  /** What is to be written down, when it is time; {@link noteUnwritten} tells that it could not be. */
  takeDue(monotonicMs: number): WrittenHistory | undefined {
    const everyMs = this.#unwritten === 'failures' ? WRITE_FAILURES_EVERY_MS : WRITE_EVERY_MS;
    if (this.#unwritten === 'nothing' || monotonicMs - this.#writtenAt < everyMs) return undefined;
    this.#writtenAt = monotonicMs;
    this.#unwritten = 'nothing';
    return this.#history?.written();
  }

  noteUnwritten(): void {
    this.#unwritten = 'failures';
  }

  #historyFor(windowDays: number): SloHistory | undefined {
    if (this.#restored === undefined) return undefined;
    if (this.#history !== undefined && this.#windowDays === windowDays) return this.#history;
    const written = this.#history?.written() ?? this.#restored.written;
    this.#history = written === undefined ? new SloHistory(windowDays) : SloHistory.of(written, windowDays);
    this.#windowDays = windowDays;
    // It is in the history now.
    this.#restored = { written: undefined };
    return this.#history;
  }

  /** Undefined when nothing is known of this round. */
  #tally(report: SloReport): Tally | undefined {
    const { isDown, monotonicMs } = report;
    const tally = this.#pods.take(report);
    const passedMs = Math.min(LONGEST_ROUND_MS, monotonicMs - (this.#reportedAt ?? monotonicMs));
    if (tally !== undefined && passedMs > 0) this.#pace = tally.updates.total / passedMs;
    if (tally !== undefined || !isDown || this.#pace === 0) return tally;
    // No pod is there to count: every hidden change of the pods that were there would be lost.
    const lost = Math.round(this.#pace * passedMs);
    return { ...NOTHING, updates: { failed: lost, total: lost } };
  }

  #show(history: SloHistory, { spec, now, monotonicMs }: SloReport): boolean {
    this.#firstReportAt ??= monotonicMs;
    const isMeasured = monotonicMs - (this.#countedAt ?? this.#firstReportAt) < NOT_MEASURED_AFTER_MS;
    // Pods are read twice before they count. What an earlier process has shown stays until then.
    if (isMeasured && this.#countedAt === undefined) return false;
    const { leftOut } = this.#pods;
    const view = { state: isMeasured ? judgeSlo(history, spec, now) : undefined, leftOut };
    const isNews = essence(view) !== essence(this.#view);
    if (!isNews && monotonicMs - this.#shownAt < SHOWN_FOR_MS) return false;
    this.#view = view;
    this.#shownAt = monotonicMs;
    return isNews;
  }
}

/** What is shown at once. */
function essence(view: SloView | undefined): string {
  const { state, leftOut = [] } = view ?? {};
  const verdict = state?.verdict;
  return JSON.stringify([verdict, leftOut, state?.updates.objective, state?.joins.objective]);
}
