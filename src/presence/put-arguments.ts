import { encodeBody } from '../domain/presence-state/entry.ts';
import type { Membership } from './store.ts';

/** 50 people with two devices each, and room for those that reconnect. */
export const MOST_CONNECTIONS_OF_A_WEDDING = 200;

/** The arguments of `put` before those that say what to answer. */
export function putArguments(wanted: Membership, resume: string): (string | number)[] {
  return [
    wanted.connection,
    wanted.user,
    encodeBody(wanted.body),
    wanted.graceMs,
    resume,
    MOST_CONNECTIONS_OF_A_WEDDING,
  ];
}
