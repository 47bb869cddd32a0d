import { performance } from 'node:perf_hooks';

/** The number of this iteration of the event loop: it is another one after the sockets had their turn. */
export function loopIteration(): number {
  return performance.nodeTiming.uvMetricsInfo.loopCount;
}
