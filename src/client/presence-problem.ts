import { shapeProblem } from '../api/protocol/data-shape.ts';
import { MAX_DATA_BYTES, MAX_STATUS_LENGTH } from '../api/protocol/limits.ts';
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
    refuse('status', statusProblem(status));
    checked.status = status;
  }
  if (data !== undefined) {
    let text = '';
    try {
      text = JSON.stringify(data);
      // Of what is sent, not of what was given: a `toJSON` may make something else of it. Of a function nothing is left to read.
      checked.data = JSON.parse(text);
    } catch (error) {
      refuse('data', `cannot be written as JSON: ${String(error)}`);
    }
    const isTooLarge = new TextEncoder().encode(text).length > MAX_DATA_BYTES;
    refuse('data', isTooLarge ? `is larger than ${MAX_DATA_BYTES} bytes` : shapeProblem(checked.data));
  }
  return checked;
}

function statusProblem(status: unknown): string | undefined {
  if (status === null) return undefined;
  if (typeof status !== 'string') return 'is no text';
  return status.length > MAX_STATUS_LENGTH
    ? `has more than ${MAX_STATUS_LENGTH} characters`
    : shapeProblem(status);
}

function refuse(field: 'status' | 'data', problem: string | undefined): void {
  if (problem !== undefined) throw new PresenceError('invalid_message', `${field}: ${problem}`);
}
