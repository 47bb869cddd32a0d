import { describe, expect, it } from 'vitest';
import { createLogger } from '../../platform/telemetry/log.ts';
import { MountedFile } from './mounted-file.ts';

const log = createLogger({ name: 'test', level: 'silent' });

/** A file whose content the test changes, and a clock that ticks when it is told to. */
function rig(path: string | undefined = '/redis-password') {
  const used: string[] = [];
  const state = { text: 'one\n' as string | undefined, next: undefined as (() => void) | undefined };
  const file = new MountedFile({
    log,
    path,
    what: 'the password',
    use: (password) => used.push(password),
    clock: {
      setTimeout: (act) => {
        state.next = act;
        return () => {
          state.next = undefined;
        };
      },
    },
    readText: async () => {
      if (state.text === undefined) throw new Error('ENOENT');
      return state.text;
    },
  });
  const tick = async () => {
    state.next?.();
    await new Promise(setImmediate);
  };
  return { file, used, state, tick };
}

describe('MountedFile', () => {
  it('gives the content of the file periodically, without the newline at its end', async () => {
    const { used, state, tick } = rig();
    await tick();
    state.text = 'two';
    await tick();
    expect(used).toEqual(['one', 'two']);
  });

  it('goes on after a file that was not there or was empty', async () => {
    const { used, state, tick } = rig();
    state.text = undefined;
    await tick();
    state.text = '';
    await tick();
    state.text = 'two';
    await tick();
    expect(used).toEqual(['two']);
  });

  it('reads nothing without a path, and nothing after it was closed', async () => {
    expect(rig('').state.next).toBeDefined();
    const { file, state } = rig();
    file.close();
    expect(state.next).toBeUndefined();
  });
});
