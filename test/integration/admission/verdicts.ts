/** When something is asked, and what the operator has been doing. */
export const MOMENTS = {
  before: 'before',
  minute: 'in the minute before',
  during: 'during',
  duringDead: 'during, operator dead since before',
  afterDead: 'after, operator dead since inside',
  after: 'after',
} as const;
export type Moment = keyof typeof MOMENTS;

export type Verdict = 'passes' | 'refused';
/** What somebody gets at each moment. */
export type Verdicts = Record<Moment, Verdict>;

/** How the API server tells that a freeze is on, and so what holds while the operator is down. */
export const BY_STAMP = verdicts('passes', 'passes', 'refused', 'refused', 'passes', 'passes');
/** By the Lease of the control plane. */
export const BY_CLOCK = verdicts('passes', 'passes', 'refused', 'refused', 'passes', 'passes');
/** What holds in its place where a cluster does not show the Lease. */
export const BY_PHASE = verdicts('passes', 'refused', 'refused', 'passes', 'refused', 'passes');
export const NEVER = verdicts('passes', 'passes', 'passes', 'passes', 'passes', 'passes');
export const ALWAYS = verdicts('refused', 'refused', 'refused', 'refused', 'refused', 'refused');

function verdicts(...[before, minute, during, duringDead, afterDead, after]: Verdict[]): Verdicts {
  return { before, minute, during, duringDead, afterDead, after } as Verdicts;
}

export function mark(verdict: Verdict): string {
  return verdict === 'refused' ? '**refused**' : 'passes';
}

/** All moments in one cell. */
export function markAll(verdicts: Verdicts): string {
  if (verdicts === BY_STAMP) return '**refused** in the window';
  if (verdicts === BY_CLOCK) return '**refused** as for people';
  if (verdicts === ALWAYS || verdicts === NEVER) return mark(verdicts.during);
  throw new Error(`no word for ${JSON.stringify(verdicts)}`);
}
