import { formatWallClock } from '../../domain/calendar/instant.ts';
import type { SafeWindow } from '../../domain/freeze/next-safe-window.ts';
import { FREEZE_DAYS } from '../../reports/freeze-plan.ts';
import type { FrozenOnTheWire } from '../../reports/wire.ts';

/** Names of weddings that fit into a line. */
const MAX_NAMES = 5;

/**
 * A freeze, or the next one, in one sentence.
 *
 * @param known the time in which the next one would be known
 */
export function freezeSentence(
  frozen: FrozenOnTheWire,
  timeZone: string,
  nameOf: (id: string) => string,
  known = `within ${FREEZE_DAYS} days`,
): string {
  if (frozen.from === undefined || frozen.until === undefined) return `off; none ${known}`;
  const local = (instant: string): string => formatWallClock(timeZone, new Date(instant));
  const span = `${local(frozen.from)} to ${local(frozen.until)} ${timeZone}`;
  const who = weddingList(frozen.weddings, nameOf);
  return `${frozen.active ? 'on,' : 'off; the next is'} ${span}: ${frozen.reason ?? ''}${who === '' ? '' : ` (${who})`}`;
}

/** When a change is safe, or least risky, in one sentence. */
export function safeWindowSentence(
  { from, until, open, weddings, people }: SafeWindow,
  timeZone: string,
): string {
  const local = (instant: Date): string => `${formatWallClock(timeZone, instant)} ${timeZone}`;
  const start = from === undefined ? 'now' : `from ${local(from)}`;
  const end = until === undefined ? `no freeze within ${FREEZE_DAYS} days` : `until ${local(until)}`;
  const state = open ? 'open' : 'least risky, still frozen,';
  return `${state} ${start}, ${end} (${weddings === 0 ? 'no' : weddings} ${weddings === 1 ? 'wedding' : 'weddings'}, ${people} people at risk)`;
}

/**
 * The first few names of a list of weddings.
 *
 * @param notListed how many there are beside the list
 */
export function weddingList(ids: readonly string[], nameOf: (id: string) => string, notListed = 0): string {
  const names = ids.slice(0, MAX_NAMES).map(nameOf);
  const more = ids.length + notListed - names.length;
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
