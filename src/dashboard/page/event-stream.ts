/** One server-sent event. */
export interface StreamEvent {
  event: string;
  data: string;
}

/** More without the end of a message is no message of ours. */
const MAX_MESSAGE_CHARACTERS = 32 * 1024 * 1024;

/**
 * Cuts a stream of text into server-sent events, of which the server sends two fields: `event` and `data`, one line each.
 *
 * @returns a function that takes the next piece and gives the events that it completes
 */
export function eventSplitter(): (piece: string) => StreamEvent[] {
  let rest = '';
  return (piece) => {
    const blocks = (rest + piece).split('\n\n');
    rest = blocks.pop() ?? '';
    if (rest.length > MAX_MESSAGE_CHARACTERS) throw new Error('a message is too long');
    return blocks.map(eventOf);
  };
}

function eventOf(block: string): StreamEvent {
  const found: StreamEvent = { event: 'message', data: '' };
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) found.event = line.slice(7);
    else if (line.startsWith('data: ')) found.data = line.slice(6);
  }
  return found;
}
