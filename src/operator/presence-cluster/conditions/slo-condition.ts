import type { SloState, SloVerdict } from '../../../domain/slo/judge-slo.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { ClusterCondition } from './cluster-condition.ts';

const type = 'SLOMet';
const NAMES = { updates: 'updates seen in time', joins: 'joins taken' } as const;
/** Named in the message; status.slo has more. */
const MAX_NAMED = 3;

/** Whether the objectives are met; what an earlier process found stays until this one knows. */
export function sloCondition({ observed: { slo, cluster } }: ReconcilePlan): ClusterCondition[] {
  if (slo === undefined) {
    const before = cluster.status?.conditions?.find((condition) => condition.type === type);
    if (before === undefined) return [];
    const { status, reason, message } = before;
    return [{ type, status, reason, message } as ClusterCondition];
  }
  const { state } = slo;
  const leftOut = leftOutSentence(slo.leftOut);
  if (state === undefined) {
    const message = `No presence pod has reported its measurements for five minutes; nothing is known of the objectives.${leftOut}`;
    return [{ type, status: 'Unknown', reason: 'NotMeasured', message }];
  }
  const { verdict } = state;
  const status = verdict.kind === 'Met' ? 'True' : 'False';
  return [{ type, status, reason: verdict.kind, message: `${sentenceOf(verdict, state)}${leftOut}` }];
}

function sentenceOf(verdict: SloVerdict, state: SloState): string {
  if (verdict.kind === 'Met') return 'Both objectives are met; status.slo has the numbers.';
  const { of } = verdict;
  const { objective, budgetLeft = 0 } = state[of];
  const budget = `The error budget of ${NAMES[of]} (${objective} %)`;
  if (verdict.kind === 'BudgetSpent') return `${budget} is spent${overspent(budgetLeft)}.`;
  const { long, short } = verdict.alert;
  const rates = state.burnRates[of];
  const limit = Math.round(verdict.limit * 10) / 10;
  const left = budgetLeft < 0 ? `it is spent${overspent(budgetLeft)}` : `${budgetLeft} % of it is left`;
  return `${budget} burns: burn rate ${rates[long]} over ${long} and ${rates[short]} over ${short}, limit ${limit}; ${left}.`;
}

function overspent(budgetLeft: number): string {
  return budgetLeft < 0 ? `, and ${-budgetLeft} % of it beyond` : '';
}

function leftOutSentence(leftOut: readonly { pod: string; because: string }[]): string {
  if (leftOut.length === 0) return '';
  const named = leftOut.slice(0, MAX_NAMED).map(({ pod, because }) => `${pod} (${because})`);
  const more = leftOut.length > MAX_NAMED ? ` and ${leftOut.length - MAX_NAMED} more` : '';
  return ` Left out: ${named.join(', ')}${more}.`;
}
