/**
 * Preloaded into every measured server, so that all of them are measured alike and none has to know: answers `sample`
 * over the IPC channel with CPU time and memory, after a full garbage collection when asked for one.
 */
interface Request {
  readonly sample: number;
  readonly collect: boolean;
}

const collect = (globalThis as { gc?: () => void }).gc;

process.on('message', (message: Request) => {
  if (typeof message.sample !== 'number') return;
  if (message.collect) {
    collect?.();
    collect?.();
  }
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({
    sample: message.sample,
    cpuMicros: user + system,
    rssBytes: rss,
    usedBytes: heapUsed + external,
  });
});
// A server ends when it has nothing left to do, whether or not somebody measures it.
process.channel?.unref();
