import type { Member } from '../../api/protocol/member.ts';

/** Every field except `data`; the type ensures that none is missing. The fields that change most often come first. */
const FIELDS: Readonly<Record<Exclude<keyof Member, 'data'>, true>> = {
  updatedAt: true,
  status: true,
  state: true,
  reason: true,
  devices: true,
  since: true,
  name: true,
  role: true,
  user: true,
};
const NAMES = Object.keys(FIELDS) as readonly Exclude<keyof Member, 'data'>[];

/** Whether two members look the same to people. Encodes only `data`, and only when all else is equal. */
export function looksAlike(one: Member, other: Member): boolean {
  if (!NAMES.every((name) => one[name] === other[name])) return false;
  return one.data === other.data || JSON.stringify(one.data) === JSON.stringify(other.data);
}
