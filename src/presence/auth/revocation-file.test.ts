import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { revocationsText } from '../../domain/optimization/revocation-list.ts';
import { createLogger } from '../../platform/telemetry/log.ts';
import { RevocationFile } from './revocation-file.ts';
import { Revocations } from './revocations.ts';

const clockStart = '2027-06-05T12:00:00Z';
const from = Date.parse(clockStart);
const list = revocationsText([
  { request: 'r', subject: 'ann', tokens: 'All', from, until: from + 3_600_000 },
]);

function setUp() {
  const clock = new ManualClock(clockStart);
  const revocations = new Revocations(() => clock.now().getTime());
  const state = { text: undefined as string | undefined, enforced: 0, logged: '' };
  const destination = new Writable({
    write: (chunk, _, done) => {
      state.logged += String(chunk);
      done();
    },
  });
  const file = new RevocationFile({
    revocations,
    enforce: () => void state.enforced++,
    clock,
    log: createLogger({ name: 'test', level: 'warn', destination }),
    path: '/revocations.json',
    readText: async () => {
      if (state.text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return state.text;
    },
  });
  return { clock, revocations, state, file };
}

it('is not there before the first Disconnect, and is taken over within a second of its coming', async () => {
  const { clock, revocations, state, file } = setUp();
  await file.ready;
  expect([revocations.isEmpty, state.enforced, state.logged]).toEqual([true, 0, '']);
  state.text = list;
  await clock.advance(1_000);
  expect([revocations.isEmpty, state.enforced]).toEqual([false, 1]);
  // A join may have been under way.
  await clock.advance(1_000);
  expect(state.enforced).toBe(2);
});

it('keeps the last good list when the file is gone or broken, and says the latter once', async () => {
  const { clock, revocations, state, file } = setUp();
  state.text = list;
  await clock.advance(1_000);
  for (const text of ['{', undefined, '{', '{']) {
    state.text = text;
    await clock.advance(1_000);
  }
  expect(revocations.isEmpty).toBe(false);
  expect(state.logged.match(/could not read/g)).toHaveLength(1);
  file.close();
  expect(clock.pending).toBe(0);
});
