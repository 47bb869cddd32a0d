import { expect, it } from 'vitest';
import { eventSplitter } from './event-stream.ts';

const TEXT = 'event: health\ndata: {"at":1}\n\nevent: fleet\ndata: {"rows":[]}\n\n';
const EVENTS = [
  { event: 'health', data: '{"at":1}' },
  { event: 'fleet', data: '{"rows":[]}' },
];

it('finds the same events wherever the text is cut', () => {
  for (let cut = 0; cut <= TEXT.length; cut += 1) {
    const split = eventSplitter();
    expect([...split(TEXT.slice(0, cut)), ...split(TEXT.slice(cut))]).toEqual(EVENTS);
  }
});

it('gives up on a message without an end', () => {
  const split = eventSplitter();
  const piece = 'x'.repeat(16 * 1024 * 1024);
  expect(() => {
    for (let index = 0; index < 3; index += 1) split(piece);
  }).toThrow('too long');
});
