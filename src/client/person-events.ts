import type { Member } from '../api/protocol/member.ts';

/** What happened to one person in the list of a wedding. A loss of the connection is a change (`state`), not a departure. */
export type PersonEvent =
  | { readonly type: 'came'; readonly member: Member }
  | { readonly type: 'changed'; readonly member: Member; readonly before: Member }
  | { readonly type: 'left'; readonly member: Member };

/**
 * What happened between two lists of members, those who left first: what a page shows as "Ada is here".
 *
 * @param before `members` of an earlier snapshot
 * @param after `members` of a later one
 */
export function personEvents(before: readonly Member[], after: readonly Member[]): PersonEvent[] {
  const events: PersonEvent[] = [];
  const there = new Set(after.map(({ user }) => user));
  const known = new Map(before.map((member) => [member.user, member]));
  for (const member of before) if (!there.has(member.user)) events.push({ type: 'left', member });
  for (const member of after) {
    const old = known.get(member.user);
    if (old === undefined) events.push({ type: 'came', member });
    // A snapshot brings other objects of the same content.
    else if (old !== member && JSON.stringify(old) !== JSON.stringify(member))
      events.push({ type: 'changed', member, before: old });
  }
  return events;
}
