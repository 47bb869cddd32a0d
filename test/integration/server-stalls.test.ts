import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ServerStalls } from '../support/server-stalls.ts';

const STOPPED_MS = 500;

it('a process that is stopped stands still for as long, and one that waits for something does not', async () => {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  const state = () => /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  const stalls = new ServerStalls(() => [pid]);
  const passed = async (ms: number) => {
    const begunMs = performance.now();
    await expect.poll(() => performance.now() - begunMs).toBeGreaterThan(ms);
  };
  try {
    await expect.poll(state).toBe('S');
    const before = stalls.ms;
    await passed(2 * STOPPED_MS);
    expect(stalls.ms - before).toBeLessThan(STOPPED_MS);
    child.kill('SIGSTOP');
    await expect.poll(state).toBe('T');
    await passed(STOPPED_MS);
    await expect.poll(() => stalls.ms - before).toBeGreaterThan(STOPPED_MS);
    // One that is gone stands still no more.
    child.kill('SIGKILL');
    await expect.poll(() => child.signalCode).toBe('SIGKILL');
    const after = stalls.ms;
    await passed(STOPPED_MS);
    expect(stalls.ms).toBe(after);
  } finally {
    stalls.stop();
    child.kill('SIGKILL');
  }
});
