import { describe, expect, it } from 'vitest';
import type { EntryBody } from '../../domain/presence-state/entry.ts';
import { AnswerReader } from './redis-answers.ts';

/** What the channel brings when a connection has a new body, as the function library writes it. */
function message(body: string, pod = 'p/1'): string {
  const entry = { u: 'ann', b: body, p: pod, a: 'p', t: 1, w: 2, v: 3, g: 0 };
  return JSON.stringify({ e: 'e', s: 3, o: `${pod} 1`, c: [{ i: 'c1', v: entry }] });
}

function bodyOf(reader: AnswerReader, text: string): EntryBody | undefined {
  const [change] = reader.change(text)?.changes ?? [];
  return change?.op === 'set' ? change.entry.body : undefined;
}

const BODY: EntryBody = { role: 'planner', status: 'here', data: { at: 'gate' } };

describe('the reader of answers', () => {
  it('gives back the body that was written, once', () => {
    const reader = new AnswerReader();
    const text = reader.write('c1', BODY);
    expect(bodyOf(reader, message(text))).toBe(BODY);
    const again = bodyOf(reader, message(text));
    expect(again).not.toBe(BODY);
    expect(again).toEqual(BODY);
  });

  it('reads what others have written', () => {
    const reader = new AnswerReader();
    reader.write('c1', BODY);
    const other = { role: 'venue', data: [1] };
    expect(bodyOf(reader, message(JSON.stringify(other), 'q/1'))).toEqual(other);
  });

  it('does not take an old body that comes back late for the one written since', () => {
    const reader = new AnswerReader();
    const first = reader.write('c1', BODY);
    const later: EntryBody = { ...BODY, status: 'gone' };
    const second = reader.write('c1', later);
    expect(bodyOf(reader, message(first))).toEqual(BODY);
    expect(bodyOf(reader, message(second))).toBe(later);
  });

  it('keeps a bounded number of bodies that never come back, and parses forgotten ones', () => {
    const reader = new AnswerReader();
    const first = reader.write('c1', BODY);
    for (let n = 0; n < 256; n++) reader.write(`other-${n}`, { role: 'other', data: n });
    const read = bodyOf(reader, message(first));
    expect(read).not.toBe(BODY);
    expect(read).toEqual(BODY);
  });

  it('gives undefined for a message that is not a change', () => {
    expect(new AnswerReader().change('{"e":1')).toBeUndefined();
    expect(new AnswerReader().change(message('no JSON'))).toBeUndefined();
  });
});
