import { describe, expect, it } from 'vitest';
import { loopIteration } from './loop-iteration.ts';

describe('loopIteration', () => {
  it('stays while promises and ticks are done, and is another one after the sockets had their turn', async () => {
    const before = loopIteration();
    await Promise.resolve();
    await new Promise<void>((done) => process.nextTick(done));
    expect(loopIteration()).toBe(before);
    await new Promise((done) => setImmediate(() => setImmediate(done)));
    expect(loopIteration()).toBeGreaterThan(before);
  });
});
