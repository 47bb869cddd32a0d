import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWatchStream, type WatchEvent } from './watch-stream.ts';

async function* inChunks(bytes: Uint8Array, cuts: number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts.map((each) => each % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    yield bytes.subarray(from, cut);
    from = cut;
  }
}

async function parse(text: string, cuts: number[] = []): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  for await (const event of parseWatchStream('watch', inChunks(new TextEncoder().encode(text), cuts))) {
    events.push(event);
  }
  return events;
}

const line = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;

describe('parseWatchStream', () => {
  it('reads the same events however the bytes are cut', async () => {
    const objects = [{ note: 'crème brûlée 🎂' }, { note: 'plain' }, { note: '婚礼' }];
    const text = objects.map((object) => line('ADDED', object)).join('');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(text.length * 3), { maxLength: 8 }), async (cuts) => {
        expect((await parse(text, cuts)).map((event) => event.object)).toEqual(objects);
      }),
    );
  });

  it('breaks at a line that is not JSON or not an event, instead of losing a change', async () => {
    await expect(parse('garbage\n')).rejects.toMatchObject({
      reason: 'BrokenStream',
      disposition: 'backoff',
    });
    await expect(parse(line('RENAMED', {}))).rejects.toMatchObject({ reason: 'BrokenStream' });
  });

  it('throws what an ERROR event says', async () => {
    const expired = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
    await expect(parse(line('ERROR', expired))).rejects.toMatchObject({ code: 410, disposition: 'gone' });
  });

  it('drops half a line at the end, which the next watch sends again', async () => {
    expect(await parse(`${line('ADDED', { a: 1 })}{"type":"MOD`)).toHaveLength(1);
  });
});
