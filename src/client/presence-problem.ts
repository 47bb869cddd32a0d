import { shapeProblem } from '../api/protocol/data-shape.ts';
import { MAX_DATA_BYTES, MAX_DATA_DEPTH, MAX_STATUS_LENGTH } from '../api/protocol/limits.ts';
import type { Presence } from './presence.ts';
import { PresenceError } from './presence-error.ts';

/**
 * Why the server would refuse to show this; undefined when it would not. For forms: `join` and `update` ask by themselves.
 *
 * @param status what would be shown as `status`
 * @param data what would be shown as `data`
 */
export function presenceProblem(status: unknown, data: unknown): string | undefined {
  try {
    checkedPresence({ status, data } as Presence);
    return undefined;
  } catch (error) {
    return (error as PresenceError).message;
  }
}

/**
 * A presence as JSON carries it, a copy that the application cannot change any more; without undefined fields. Made before
 * it becomes what the client wants to show, so that one bad value does not come back with each reconnection.
 * @throws PresenceError `invalid_message` for what the server would refuse
 */
export function checkedPresence({ status, data }: Presence): Presence {
  const checked: { status?: string | null; data?: unknown } = {};
  if (status !== undefined) {
    if (status !== null && typeof status !== 'string') refuse('status: is no text');
    if (status !== null && status.length > MAX_STATUS_LENGTH)
      refuse(`status: has more than ${MAX_STATUS_LENGTH} characters`);
    checked.status = status;
  }
  if (data !== undefined) {
    const text = textOf(data);
    if (new TextEncoder().encode(text).length > MAX_DATA_BYTES)
      refuse(`data: is larger than ${MAX_DATA_BYTES} bytes`);
    // Of what is sent, not of what was given: a `toJSON` may make something else of it.
    checked.data = JSON.parse(text);
    if (shapeProblem(checked.data) !== undefined)
      refuse(`data: is nested more than ${MAX_DATA_DEPTH} levels deep`);
  }
  return checked;
}

function textOf(data: unknown): string {
  let why = '';
  try {
    const text = JSON.stringify(data) as string | undefined;
    if (text !== undefined) return text;
  } catch (error) {
    why = `: ${String(error)}`;
  }
  return refuse(`data: cannot be written as JSON${why}`);
}

function refuse(problem: string): never {
  throw new PresenceError('invalid_message', problem);
}
