import { formatWallClock } from '../domain/calendar/instant.ts';
import type { FrozenOnTheWire } from './output/wire.ts';

/** Names of weddings that fit into a line. */
const MAX_NAMES = 5;

/** A freeze, or the next one, in one sentence. */
export function freezeSentence(
  frozen: FrozenOnTheWire,
  timeZone: string,
  nameOf: (id: string) => string,
): string {
  if (frozen.from === undefined || frozen.until === undefined) return 'none ahead';
  const local = (instant: string): string => formatWallClock(timeZone, new Date(instant));
  const span = `${local(frozen.from)} to ${local(frozen.until)} ${timeZone}`;
  const who = weddingList(frozen.weddings, nameOf);
  return `${frozen.active ? 'on' : 'off; next'}, ${span}: ${frozen.reason ?? ''}${who === '' ? '' : ` (${who})`}`;
}

/** The first few names of a list of weddings. */
export function weddingList(ids: readonly string[], nameOf: (id: string) => string): string {
  const names = ids.slice(0, MAX_NAMES).map(nameOf);
  const more = ids.length - names.length;
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
