import type { PRESENCE_CLUSTER_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import { formatInstant } from '../calendar/instant.ts';
import type { BudgetVerdict } from './budget.ts';
import type { StarvedPeriod } from './open-time.ts';
import type { RiskyWindow } from './risk.ts';

/** Condition FreezeWithinBudget without its type. */
export interface BudgetFinding {
  status: 'True' | 'False';
  reason: keyof typeof PRESENCE_CLUSTER_CONDITIONS.FreezeWithinBudget.reasons;
  message: string;
}

/** Windows that a message names; the RolloutFreeze has all. */
const MAX_NAMED = 4;

/** A verdict in a sentence. */
export function budgetFinding({ starved, opened, unmet, proposal }: BudgetVerdict): BudgetFinding {
  if (starved === undefined) {
    return { status: 'True', reason: 'WithinBudget', message: 'Every period has enough open time.' };
  }
  const list = opened.length === 0 ? '' : ` Opened: ${openedList(opened)}.`;
  if (unmet !== undefined) {
    const message = `${starvation(unmet)} Nothing more may be opened.${list}`;
    return { status: 'False', reason: 'CannotRelax', message };
  }
  if (opened.length > 0) {
    return {
      status: 'False',
      reason: 'Relaxed',
      message: `${starvation(starved, ' without relaxing')}${list}`,
    };
  }
  const advice =
    proposal === undefined
      ? 'There is no time outside of weddings and manual windows to open.'
      : `The least risky time to open is ${span(proposal)}.`;
  return { status: 'False', reason: 'TooLittleOpen', message: `${starvation(starved)} ${advice}` };
}

function starvation({ from, until, openMs }: StarvedPeriod, condition = ''): string {
  const hours = Math.floor(openMs / 360_000) / 10;
  return `From ${formatInstant(from)} to ${formatInstant(until)} only ${hours} h are open${condition}.`;
}

function openedList(opened: readonly RiskyWindow[]): string {
  const more = opened.length - MAX_NAMED;
  return `${opened.slice(0, MAX_NAMED).map(span).join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

function span({ from, until, weddings, people }: RiskyWindow): string {
  const who = `${weddings} ${weddings === 1 ? 'wedding' : 'weddings'}, ${people} people at risk`;
  return `${formatInstant(from)} to ${formatInstant(until)} (${who})`;
}
