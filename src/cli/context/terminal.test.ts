import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { createTerminal } from './terminal.ts';

function stream(isTTY: boolean): { stream: WriteStream; text: () => string } {
  const through = new PassThrough();
  const chunks: string[] = [];
  through.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  return {
    stream: Object.assign(through, { isTTY, columns: 80 }) as unknown as WriteStream,
    text: () => chunks.join(''),
  };
}

function terminal(isTTY: boolean, env: Record<string, string> = {}) {
  const [out, err] = [stream(isTTY), stream(isTTY)];
  const clock = new ManualClock(new Date(0));
  const stop = new AbortController();
  return { out, err, clock, stop, made: createTerminal(out.stream, err.stream, env, clock, stop.signal) };
}

describe('createTerminal', () => {
  it('uses colour and width on a terminal, unless NO_COLOR or TERM=dumb', () => {
    const screen = (isTTY: boolean, env: Record<string, string> = {}) => terminal(isTTY, env).made.screen;
    expect(screen(true)).toEqual({ columns: 80, colour: true });
    expect(screen(true, { NO_COLOR: '1' }).colour).toBe(false);
    expect(screen(true, { NO_COLOR: '' }).colour).toBe(true);
    expect(screen(true, { TERM: 'dumb' }).colour).toBe(false);
    expect(screen(false)).toEqual({ columns: undefined, colour: false });
  });

  it('says how far it is after two seconds, on a terminal only, and clears that before the result', async () => {
    for (const isTTY of [true, false]) {
      const { made, clock, out, err } = terminal(isTTY);
      made.progress('10 %');
      await clock.advance(1999);
      made.progress('20 %');
      expect(err.text()).toBe('');
      await clock.advance(1);
      made.progress('30 %');
      made.progress('31 %');
      made.print('done');
      expect(err.text()).toBe(isTTY ? '\r\u001b[K30 % (2 s)\r\u001b[K' : '');
      expect(out.text()).toBe('done\n');
    }
  });

  it('prints many lines in order', async () => {
    const { made, out } = terminal(false);
    await made.printLines(Array.from({ length: 2500 }, (_, index) => String(index)));
    expect(out.text().trimEnd().split('\n')).toEqual(
      Array.from({ length: 2500 }, (_, index) => String(index)),
    );
  });

  it('ends a pause when the user stops the program', async () => {
    const { made, stop } = terminal(true);
    const paused = made.pause(60_000);
    stop.abort();
    expect(await paused).toBe(false);
    expect(await made.pause(60_000)).toBe(false);
  });
});
