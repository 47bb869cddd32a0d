/**
 * A program for `node --expose-gc`: how far V8's old space grows by commands of ioredis that are over at once. It prints
 * `{ command, clusterCommand, majors }`: bytes a command for a Command alone and for one that a Cluster refuses, and how
 * many major collections there were meanwhile.
 */
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { Cluster, Command } from 'ioredis';

const COMMANDS = 20_000;
/** Until then feedback, caches and hidden classes settle in old space as well. */
const WARM_UP = 2_000;
/** A server takes that many from its sockets before it gives way to promises. */
const AT_ONCE = 100;
/** Major collections of `growth` itself, called twice. */
const ASKED_FOR = 2;

/** What Node's documentation says of entries of type `gc`, and its types do not. */
type GarbageCollection = PerformanceEntry & { readonly detail: { readonly kind: number } };

const collections: PerformanceEntry[] = [];
const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()));
observer.observe({ entryTypes: ['gc'] });

function oldSpace(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === 'old_space')?.space_used_size ?? 0;
}

async function repeat(times: number, one: (index: number) => void): Promise<void> {
  for (let index = 0; index < times; index += 1) {
    one(index);
    if (index % AT_ONCE === 0) await setImmediate();
  }
}

async function growth(one: (index: number) => void): Promise<number> {
  await repeat(WARM_UP, one);
  globalThis.gc?.();
  const before = oldSpace();
  await repeat(COMMANDS, one);
  return (oldSpace() - before) / COMMANDS;
}

const set = (index: number): Command => new Command('set', [`key ${index}`, `value ${index}`]);

const command = await growth((index) => {
  set(index).resolve('OK');
});

// Not connected and without a queue, it refuses each command by the function it put in place of the command's own.
const cluster = new Cluster([], { lazyConnect: true, enableOfflineQueue: false });
cluster.status = 'connecting';
const clusterCommand = await growth((index) => {
  void Promise.resolve(cluster.sendCommand(set(index))).catch(() => {});
});

await setImmediate();
observer.disconnect();
const majors = collections.filter(
  (entry) => (entry as GarbageCollection).detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR,
);
process.stdout.write(JSON.stringify({ command, clusterCommand, majors: majors.length - ASKED_FOR }));
