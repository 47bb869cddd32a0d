import { MAX_CONNECTIONS_PER_WEDDING } from '../../api/protocol/limits.ts';
import type { Membership } from './store.ts';

/** Connections of a wedding. */
export const MOST_CONNECTIONS_OF_A_WEDDING = MAX_CONNECTIONS_PER_WEDDING;

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
