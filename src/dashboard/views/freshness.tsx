import type { DashboardHealth } from '../../api/dashboard/health.ts';
import { lengthOf } from '../time/format.ts';

/** What is known of the way to the data. */
export interface FreshnessProps {
  health: DashboardHealth | undefined;
  /** When the last message came; undefined: none yet. */
  lastHeardMs: number | undefined;
  /** Why the last attempt failed. */
  failure: string | undefined;
  nowMs: number;
  /** PresenceClusters that the operator has not confirmed in time. */
  staleClusters: number;
}

/** A message comes every 5 seconds; three missed ones are no chance. */
const SILENT_MS = 15_000;

/** One line for each thing that makes the page less than current; nothing while all is well. */
export function problemsOf(props: FreshnessProps): string[] {
  const { health, lastHeardMs, failure, nowMs, staleClusters } = props;
  const problems: string[] = [];
  if (lastHeardMs !== undefined && nowMs - lastHeardMs > SILENT_MS)
    problems.push(
      `No connection to the dashboard server: what you see is ${lengthOf(nowMs - lastHeardMs)} old.`,
    );
  if (failure !== undefined) problems.push(`The dashboard server says: ${failure}`);
  for (const { kind, problem } of health?.sources ?? []) {
    if (problem === undefined) continue;
    const since = lengthOf(nowMs - Date.parse(problem.since));
    problems.push(
      problem.isForbidden
        ? `${health?.isInCluster === true ? 'The dashboard' : 'You'} may not read ${kind} objects, so that part is missing: ${problem.message}`
        : `The Kubernetes API server does not answer for ${kind} objects since ${since}: ${problem.message}`,
    );
  }
  if (staleClusters > 0)
    problems.push(
      `The operator has not confirmed ${staleClusters === 1 ? 'one PresenceCluster' : `${staleClusters} PresenceClusters`} in time: it is down or behind.`,
    );
  return problems;
}

/** Says on the page that data is old or missing. */
export function Freshness(props: FreshnessProps) {
  const problems = problemsOf(props);
  return (
    <div role="status" className="freshness">
      {problems.length === 0 ? null : (
        <ul className="notice bad">
          {problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
