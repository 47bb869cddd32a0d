import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shapeProblem } from '../../api/protocol/data-shape.ts';
import { MAX_DATA_DEPTH, MAX_FRAME_BYTES } from '../../api/protocol/limits.ts';
import { parseBulkUpdate } from '../http/bulk-update.ts';
import { MAX_BODY_BYTES } from '../http/rest-answers.ts';
import { parseMessage } from './parse-message.ts';

const text = fc.oneof(fc.string({ maxLength: 70 }), fc.constant('x'.repeat(65)), fc.constant('ada'));
/** Much is right, and much is nearly right: a field more, of another kind, too long, with a name of objects. */
const update = fc.record(
  {
    type: fc.constantFrom('update', 'updates', 'leave'),
    id: fc.oneof(text, fc.integer(), fc.constant('')),
    wedding: fc.oneof(fc.constantFrom('ada', 'w-1', '{w}', ''), fc.jsonValue()),
    status: fc.oneof(text, fc.constant(null)),
    data: fc.oneof(fc.jsonValue(), fc.constant('y'.repeat(2_047)), fc.constant('é'.repeat(1_023))),
    extra: fc.boolean(),
    ['__proto__']: fc.constant({ wedding: 'ada' }),
  },
  { requiredKeys: ['type'] },
);

/** The schema alone decides on a message of another type; so a leave without status and data shows what it says of the rest. */
it('takes an update by hand only when the schema takes it, and unchanged', () => {
  fc.assert(
    fc.property(update, (message) => {
      const frame = JSON.stringify(message);
      const parsed = parseMessage(frame);
      if (parsed.kind === 'message') expect(parsed.message).toEqual(JSON.parse(frame));
      const { status: _, data: __, ...rest } = JSON.parse(frame) as Record<string, unknown>;
      const asLeave = parseMessage(JSON.stringify({ ...rest, type: 'leave' }));
      const status =
        message.status === undefined ||
        message.status === null ||
        (typeof message.status === 'string' && message.status.length <= 64);
      const data =
        message.data === undefined ||
        (Buffer.byteLength(JSON.stringify(message.data)) <= 2_048 &&
          shapeProblem(message.data) === undefined);
      if (message.type === 'update')
        expect(parsed.kind).toBe(asLeave.kind === 'message' && status && data ? 'message' : 'refused');
    }),
    { numRuns: 2_000 },
  );
});

/** V8 writes most values without recursion, but not names that are numbers. */
const NESTED = [
  ['[', ']'],
  ['{"a":', '}'],
  ['{"0":', '}'],
  ['[{"1":', '}]'],
  ['{"toJSON":', '}'],
] as const;

it.each(NESTED)('refuses data nested as deep as a frame or a body can hold, of %s', (open, close) => {
  const nested = (bytes: number): string => {
    const levels = Math.floor((bytes - 100) / (open.length + close.length));
    return `${open.repeat(levels)}1${close.repeat(levels)}`;
  };
  for (const type of ['join', 'update']) {
    const frame = `{"type":"${type}","wedding":"ada","data":${nested(MAX_FRAME_BYTES)}}`;
    expect(frame.length).toBeLessThanOrEqual(MAX_FRAME_BYTES);
    expect(parseMessage(frame)).toMatchObject({ kind: 'refused', code: 'invalid_message' });
  }
  const body = `{"updates":[{"user":"ann","data":${nested(MAX_BODY_BYTES)}}]}`;
  expect(parseBulkUpdate(body)).toMatchObject({ kind: 'refused' });
});

it.each(NESTED.filter(([open]) => open !== '[{"1":'))(
  'takes data of 16 levels, and refuses 17, of %s',
  (open, close) => {
    const nested = (levels: number) => `${open.repeat(levels)}1${close.repeat(levels)}`;
    for (const type of ['join', 'update'])
      for (const padding of ['', ' '.repeat(2_000)]) {
        const frame = (levels: number) =>
          `{"type":"${type}","wedding":"ada","data":${nested(levels)}}${padding}`;
        expect(parseMessage(frame(MAX_DATA_DEPTH)).kind).toBe('message');
        expect(parseMessage(frame(MAX_DATA_DEPTH + 1))).toMatchObject({
          kind: 'refused',
          code: 'invalid_message',
        });
      }
    const body = (levels: number) => `{"updates":[{"user":"ann","data":${nested(levels)}}]}`;
    expect(parseBulkUpdate(body(MAX_DATA_DEPTH)).kind).toBe('update');
    expect(parseBulkUpdate(body(MAX_DATA_DEPTH + 1)).kind).toBe('refused');
  },
);

it.each([
  ['"status":"cake \\ud83c"', 'status'],
  ['"status":"\\uDF82"', 'status'],
  ['"data":"\\ud83c"', 'data'],
  ['"data":{"a":["\\udf82\\ud83c"]}', 'data'],
  ['"data":{"\\ud83c":1}', 'data'],
])('refuses half of a surrogate pair, which many parsers cannot read: %s', (fields, field) => {
  for (const type of ['join', 'update'])
    expect(parseMessage(`{"type":"${type}","id":"7","wedding":"ada",${fields}}`)).toEqual({
      kind: 'refused',
      code: 'invalid_message',
      message: `${field}: has half a character`,
      about: { id: '7', wedding: 'ada' },
    });
  expect(parseBulkUpdate(`{"updates":[{"user":"ann",${fields}}]}`).kind).toBe('refused');
  const whole = fields.replaceAll(/\\ud83c|\\udf82/gi, '\\ud83c\\udf82');
  expect(parseMessage(`{"type":"update","wedding":"ada",${whole}}`).kind).toBe('message');
});

it('refuses a number that JSON cannot write again, and says whose message it was', () => {
  for (const type of ['join', 'update'])
    expect(parseMessage(`{"type":"${type}","id":"7","wedding":"ada","data":{"lat":1e400}}`)).toEqual({
      kind: 'refused',
      code: 'invalid_message',
      message: 'data: has too large a number',
      about: { id: '7', wedding: 'ada' },
    });
});
