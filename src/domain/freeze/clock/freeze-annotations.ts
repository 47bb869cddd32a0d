import type { FreezeWindow, OpenOverride, RolloutFreezeSpec } from '../../../api/v1alpha1/rollout-freeze.ts';

/** Windows that are written with their reason: a request is refused in the next ones only, and text is dear in an annotation. */
const EXPLAINED_WINDOWS = 3;

/** No window, so it opens and closes nothing: with it the annotation differs from the RolloutFreeze, whose phase then rules as well. */
const PHASE_RULES_TOO = 'the phase rules, too';

/** An instant that every clock has passed. */
const LONG_AGO = '1970-01-01T00:00:00Z';

/** Values of the two annotations of a Namespace; null where there is nothing to say. */
export interface FreezeAnnotations {
  windows: string;
  overrides: string | null;
}

/**
 * A freeze as the admission policies with the clock read it from annotations of the Namespace. They compare it as text, so every
 * instant is in UTC, to the second, at a fixed place (`presence-operator.isNow` in the chart):
 *
 * ```
 * seen=2027-06-05T08:00:00Z floor=4
 * 2027-06-05T08:00:00Z/2027-06-06T02:00:00Z 2 weddings: 5f2a 81cc
 * 2027-06-12T08:00:00Z/2027-06-13T02:00:00Z
 * ```
 *
 * `seen` is the begin of a freeze that is on: an instant that the operator's clock has passed, for a Lease that is late. At most
 * 16 KiB for the windows and 40 KiB for the overrides, with everything full.
 *
 * @param phaseRulesToo refuse what either the clock or the phase refuses, because the clock of an API server may stand
 */
export function freezeAnnotations(
  spec: RolloutFreezeSpec,
  now: Date,
  phaseRulesToo = false,
): FreezeAnnotations {
  const { windows, floor, overrides } = spec;
  const current = windows.find(
    ({ from, until }) => Date.parse(from) <= now.getTime() && now < new Date(until),
  );
  const head = `seen=${current?.from ?? LONG_AGO} floor=${floor}`;
  const lines = windows.map((window, index) => windowLine(window, index < EXPLAINED_WINDOWS));
  return {
    windows: [head, ...lines, ...(phaseRulesToo ? [PHASE_RULES_TOO] : [])].join('\n'),
    overrides: overrides.length === 0 ? null : overrides.map(overrideLine).join('\n'),
  };
}

function windowLine({ from, until, reason, weddings }: FreezeWindow, isExplained: boolean): string {
  const span = `${from}/${until}`;
  if (!isExplained) return span;
  return `${span} ${oneLine(weddings.length === 0 ? reason : `${reason}: ${weddings.join(' ')}`)}`;
}

/** The user comes last, because it is the only part that may have spaces. */
function overrideLine({ name, user, ticket, scope, until }: OpenOverride): string {
  return `until=${until} scope=${scope.join(',')} name=${name} ticket=${oneLine(ticket).replaceAll(' ', '_')} user=${user}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
