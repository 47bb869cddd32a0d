import { once } from 'node:events';
import type { WriteStream } from 'node:tty';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { CliContext } from './context.ts';

/** A computation that is done by then needs no word. */
const QUIET_MS = 2000;
const BETWEEN_MS = 200;
/** Lines that are written at once. */
const BATCH = 1000;
const CLEAR_LINE = '\r\u001b[K';

type Terminal = Pick<CliContext, 'screen' | 'print' | 'printLines' | 'note' | 'progress' | 'pause'>;

/**
 * Results to `out`, everything else to `err`.
 *
 * @param stop ends a pause: the user has pressed Ctrl-C
 */
export function createTerminal(
  out: WriteStream,
  err: WriteStream,
  env: Record<string, string | undefined>,
  clock: Clock,
  stop: AbortSignal,
): Terminal {
  const startedMs = clock.monotonicMs();
  let shownMs = startedMs + QUIET_MS - BETWEEN_MS;
  let shown = false;
  const clear = (): void => {
    if (shown) err.write(CLEAR_LINE);
    shown = false;
  };
  return {
    screen: { columns: out.isTTY ? out.columns : undefined, colour: usesColour(out, env) },
    print: (text) => {
      clear();
      out.write(`${text}\n`);
    },
    async printLines(lines) {
      clear();
      let batch: string[] = [];
      const flush = async (): Promise<void> => {
        if (batch.length > 0 && !out.write(`${batch.join('\n')}\n`)) await once(out, 'drain');
        batch = [];
      };
      for (const line of lines) {
        batch.push(line);
        if (batch.length >= BATCH) await flush();
      }
      await flush();
    },
    note: (text) => {
      clear();
      err.write(`${text}\n`);
    },
    progress(text) {
      if (!err.isTTY) return;
      const nowMs = clock.monotonicMs();
      if (nowMs - shownMs < BETWEEN_MS) return;
      shownMs = nowMs;
      shown = true;
      err.write(`${CLEAR_LINE}${text} (${Math.round((nowMs - startedMs) / 1000)} s)`);
    },
    pause: (ms) =>
      clock.sleep(ms, stop).then(
        () => true,
        () => false,
      ),
  };
}

/** https://no-color.org: any value but the empty one turns colour off. */
function usesColour(out: WriteStream, env: Record<string, string | undefined>): boolean {
  return out.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}
