import { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { MAX_FRAME_BYTES } from '../../../src/api/protocol/limits.ts';
import { parseMessage } from '../../../src/presence/frames/parse-message.ts';
import { parseBulkUpdate } from '../../../src/presence/http/bulk-update.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';

/** Longest text of a refusal: it goes back to the client, in a frame. */
const MAX_REFUSAL_LENGTH = 4_096;
const SEEDS = [
  { type: 'join', id: '1', wedding: 'w-0123456789abcdef', status: 'here', data: { at: [1, { b: null }] } },
  { type: 'join', wedding: 'ada', resume: 'r', since: { epoch: 'e', seq: 4 } },
  { type: 'update', id: '2', wedding: 'ada', status: null, data: [true, 'x', 1.5] },
  { type: 'leave', wedding: 'ada' },
  { type: 'snapshot', id: '3', wedding: 'ada' },
  { type: 'ping' },
  { updates: [{ user: 'ada', status: 'x', data: {} }] },
].map((message) => JSON.stringify(message));
const WORDS = [
  'type',
  'id',
  'wedding',
  'status',
  'data',
  'since',
  'seq',
  'epoch',
  'resume',
  'updates',
  'user',
  '__proto__',
  '\\u0000',
  '\\ud800',
  '[[[[',
  '{"a":',
];

/** The text of a message, as it is when a frame was read. */
export function openMessages(): FuzzTarget {
  return {
    seeds: SEEDS,
    words: WORDS,
    run(input) {
      const text = Buffer.from(input).toString();
      const parsed = parseMessage(text);
      if (parsed.kind === 'message') {
        promise(
          JSON.stringify(parseMessage(JSON.stringify(parsed.message))) === JSON.stringify(parsed),
          'it is read twice the same',
        );
      } else
        promise(
          parsed.message.length <= MAX_REFUSAL_LENGTH,
          `a refusal of ${parsed.message.length} characters`,
        );
      const body = parseBulkUpdate(text);
      if (body.kind === 'update') promise(body.update.updates.length > 0, 'an update is about somebody');
    },
  };
}

/** Bytes of a socket after its upgrade, read as the server reads them: frames of any length and code. */
export function openFrames(): FuzzTarget {
  return {
    seeds: [
      frame(0x81, SEEDS[0] ?? ''),
      Buffer.concat([frame(0x01, '{"type":'), frame(0x89, 'a'), frame(0x80, '"ping"}')]),
      Buffer.concat([frame(0x81, SEEDS[2] ?? ''), frame(0x88, '\u0003\u00e8over')]),
    ],
    words: ['\u0000\u0000\u0000\u0000', '~', '\u0001', '\u0003\u00e8', SEEDS[5] ?? ''],
    async run(input) {
      const socket = new QuietSocket();
      // Without an address it is the end of a server, as a WebSocketServer makes it.
      const client = new WebSocket(null as unknown as string, undefined, { autoPong: true }) as ServerSide;
      let broken: unknown;
      client.on('error', () => {});
      client.on('message', (data: Buffer, isBinary: boolean) => {
        try {
          promise(data.length <= MAX_FRAME_BYTES, `a message of ${data.length} bytes`);
          if (!isBinary) parseMessage(data.toString());
        } catch (error) {
          broken ??= error;
        }
      });
      const closed = new Promise((resolve) => client.once('close', resolve));
      client.setSocket(socket, Buffer.alloc(0), {
        maxPayload: MAX_FRAME_BYTES,
        allowSynchronousEvents: true,
      });
      socket.push(Buffer.from(input));
      socket.push(null);
      await closed;
      if (broken !== undefined) throw broken;
      promise(
        socket.written < MAX_ANSWER_BYTES + input.length * 2,
        `${socket.written} bytes of answer to ${input.length}`,
      );
    },
  };
}

/** A close frame and what it says. */
const MAX_ANSWER_BYTES = 256;

/** What a WebSocketServer calls on the WebSocket that it makes; not part of the published types. */
interface ServerSide extends WebSocket {
  setSocket(
    socket: Duplex,
    head: Buffer,
    options: { maxPayload: number; allowSynchronousEvents: boolean },
  ): void;
}

/** A socket whose other end takes everything and says what it is given. */
class QuietSocket extends Duplex {
  written = 0;
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written += chunk.length;
    done();
  }
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
}

/** A frame as a client sends it, under the mask of nothing; a text has one character a byte. */
function frame(head: number, text: string): Buffer {
  const payload = Buffer.from(text, 'latin1');
  const length =
    payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([head, ...length, 0, 0, 0, 0]), payload]);
}
