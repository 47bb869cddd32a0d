import { ADMIN_PORT } from '../../domain/resources/ports.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { timeLimit } from '../../platform/runtime/time-limit.ts';
import type { Pod } from '../cluster-state/pod.ts';

export type FetchText = (url: string, signal: AbortSignal) => Promise<string>;

/** A pod on a busy node answers late; one that takes longer is as good as silent. */
const TIMEOUT_MS = 2_000;

/** Whether it can be asked for its metrics. */
export function canBeAsked({ status }: Pod): boolean {
  return status?.podIP !== undefined && status.phase === 'Running';
}

/** The metrics of a presence pod as text. Rejects when it does not answer in time. */
export async function fetchMetrics(
  { fetchText, clock }: { fetchText: FetchText; clock: Clock },
  { status }: Pod,
  signal: AbortSignal,
): Promise<string> {
  const late = () => new Error(`no answer within ${TIMEOUT_MS} ms`);
  const limit = timeLimit(clock, TIMEOUT_MS, signal, late);
  try {
    const host = status?.podIP ?? '';
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${ADMIN_PORT}/metrics`;
    return await fetchText(url, limit.signal);
  } finally {
    limit.lift();
  }
}
