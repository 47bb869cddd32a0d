/** A reason has room for 256 characters on the wire; names and reasons of manual windows may be longer together. */
const MAX_REASON = 250;

/**
 * Why it is frozen, in a few words: `year-end: the office is closed, 37 weddings`.
 *
 * @param manual `name: reason` of each manual window
 */
export function freezeReason(manual: readonly string[], weddings: number, remark = ''): string {
  const count =
    weddings === 0 && manual.length > 0 ? '' : weddings === 1 ? '1 wedding' : `${weddings} weddings`;
  const tail = `${manual.length > 0 && count !== '' ? ', ' : ''}${count}${remark}`;
  const named = manual.join(', ');
  const room = MAX_REASON - tail.length;
  return `${named.length > room ? `${named.slice(0, room - 1)}…` : named}${tail}`;
}
