import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type ProcessLook, ServerStalls } from '../support/server-stalls.ts';

const LOOK_MS = 50;

it.each<[string, (look: number) => ProcessLook | undefined, number]>([
  ['is stopped', () => ({ state: 'T', ticks: 7 }), 10],
  ['waits for its disk', () => ({ state: 'D', ticks: 7 }), 10],
  ['gets no processor', () => ({ state: 'R', ticks: 7 }), 10],
  ['gets one in every second look', (look) => ({ state: 'R', ticks: look >> 1 }), 5],
  ['computes', (look) => ({ state: 'R', ticks: look }), 0],
  ['waits for others', () => ({ state: 'S', ticks: 7 }), 0],
  ['is gone', () => undefined, 0],
])('a server that %s', (_what, state, looks) => {
  let look = 0;
  const stalls = new ServerStalls(
    () => [1],
    () => state(look),
  );
  stalls.stop();
  const beginMs = performance.now();
  for (look = 0; look <= 10; look++) stalls.lookAgain(beginMs + look * LOOK_MS);
  expect(stalls.within(beginMs, beginMs + 10 * LOOK_MS)).toBeCloseTo(looks * LOOK_MS);
  // Half of the time, and none of it.
  if (looks === 10) expect(stalls.within(beginMs, beginMs + 5 * LOOK_MS)).toBeCloseTo(5 * LOOK_MS);
  expect(stalls.within(beginMs + 11 * LOOK_MS, beginMs + 20 * LOOK_MS)).toBe(0);
});

it('real processes: one that is stopped, and one that sleeps', async () => {
  const [stopped, asleep] = [0, 1].map(() => spawn('sleep', ['600'], { stdio: 'ignore' }));
  const all = [stopped, asleep].flatMap((child) => child ?? []);
  await Promise.all(all.map((child) => once(child, 'spawn')));
  const stateOf = ({ pid }: ChildProcess) =>
    / \(sleep\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  await expect.poll(() => all.map(stateOf)).toEqual(['S', 'S']);
  const [one, other] = all.map(({ pid = 0 }) => new ServerStalls(() => [pid]));
  try {
    stopped?.kill('SIGSTOP');
    await expect.poll(() => one?.within(0, performance.now())).toBeGreaterThan(500);
    expect(other?.within(0, performance.now())).toBe(0);
  } finally {
    for (const stalls of [one, other]) stalls?.stop();
    for (const child of all) child.kill('SIGKILL');
  }
});
