import { shapeProblem } from '../api/protocol/data-shape.ts';
import { MAX_DATA_BYTES, MAX_DATA_DEPTH, MAX_STATUS_LENGTH } from '../api/protocol/limits.ts';

/**
 * Why the server would refuse to show this; undefined when it would not. Asked before it becomes what the client wants to
 * show, so that one bad value does not come back with each reconnection.
 */
export function presenceProblem(status: unknown, data: unknown): string | undefined {
  if (status !== undefined && status !== null) {
    if (typeof status !== 'string') return 'status: is no text';
    if (status.length > MAX_STATUS_LENGTH) return `status: has more than ${MAX_STATUS_LENGTH} characters`;
  }
  if (data === undefined) return undefined;
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch (error) {
    return `data: cannot be written as JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (text === undefined) return 'data: cannot be written as JSON';
  if (new TextEncoder().encode(text).length > MAX_DATA_BYTES)
    return `data: is larger than ${MAX_DATA_BYTES} bytes`;
  // Of what is sent, not of what was given: a `toJSON` may make something else of it.
  return shapeProblem(JSON.parse(text)) === undefined
    ? undefined
    : `data: is nested more than ${MAX_DATA_DEPTH} levels deep`;
}
