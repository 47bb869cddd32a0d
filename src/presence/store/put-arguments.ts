import type { Membership } from './store.ts';

/** 50 people with two devices each, and room for those that reconnect. */
export const MOST_CONNECTIONS_OF_A_WEDDING = 200;

/**
 * The arguments of `put`.
 *
 * @param body the text of the body
 * @param resume the connection that is replaced, or empty
 */
export function putArguments(
  { connection, user, body: { role }, graceMs }: Membership,
  body: string,
  resume: string,
  answer: 'position' | 'whole state',
  maxConnectionsPerPerson: number,
): (string | number)[] {
  const wholeState = answer === 'position' ? '0' : '1';
  return [
    connection,
    user,
    body,
    graceMs,
    resume,
    MOST_CONNECTIONS_OF_A_WEDDING,
    wholeState,
    role,
    maxConnectionsPerPerson,
  ];
}
