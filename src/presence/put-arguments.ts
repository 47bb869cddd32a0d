import type { Membership } from './store.ts';

/** 50 people with two devices each, and room for those that reconnect. */
export const MOST_CONNECTIONS_OF_A_WEDDING = 200;

/**
 * The arguments of `put` before those that say what to answer.
 *
 * @param body the text of the body
 */
export function putArguments(wanted: Membership, body: string, resume: string): (string | number)[] {
  return [wanted.connection, wanted.user, body, wanted.graceMs, resume, MOST_CONNECTIONS_OF_A_WEDDING];
}
