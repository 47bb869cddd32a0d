import { errorFromStatus, errorWithoutAnswer } from './errors.ts';
import type { KubeObject } from './resource.ts';

/** One line of a watch. A `BOOKMARK` carries nothing but a resource version. */
export interface WatchEvent<T extends KubeObject = KubeObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: T;
}

/**
 * Turns the bytes of a watch into events, one a line.
 *
 * @throws {KubeError} for an `ERROR` event (its code is in the Status: 410 means list again) and for a
 *   line that is not JSON: skipping it would lose a change without a trace.
 */
export async function* parseWatchStream<T extends KubeObject>(
  action: string,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const decoder = new TextDecoder();
  let partial = '';
  for await (const chunk of body) {
    partial += decoder.decode(chunk, { stream: true });
    const lines = partial.split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') yield parseEvent<T>(action, line);
    }
  }
  // A stream that is cut inside a line lost that event; the caller reconnects at the last version it saw.
}

function parseEvent<T extends KubeObject>(action: string, line: string): WatchEvent<T> {
  let event: { type?: unknown; object?: unknown };
  try {
    event = JSON.parse(line) as typeof event;
  } catch (cause) {
    throw errorWithoutAnswer(action, 'BrokenStream', cause);
  }
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      return { type: event.type, object: event.object as T };
    case 'ERROR':
      throw errorFromStatus(action, event.object);
    default:
      throw errorWithoutAnswer(action, 'BrokenStream', new Error(`unknown event type ${String(event.type)}`));
  }
}
