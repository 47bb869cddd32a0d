import inspector from 'node:inspector';

/** Our own code, and nothing of a package or of the search itself. */
const OURS = '/src/';

/** What inputs run of our code, by V8's block coverage. */
export class Coverage {
  readonly #session = new inspector.Session();
  readonly #seen = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Blocks that were ever run. */
  get size(): number {
    return this.#seen.size;
  }

  /** Whether a block was run since the last call that never was before. */
  isNew(): boolean {
    const before = this.#seen.size;
    // The callback comes before `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (_error, { result }) => {
      for (const script of result) if (script.url.includes(OURS)) this.#add(script);
    });
    return this.#seen.size > before;
  }

  #add({ url, functions }: inspector.Profiler.ScriptCoverage): void {
    for (const { startOffset, endOffset, count } of functions.flatMap(({ ranges }) => ranges))
      if (count > 0) this.#seen.add(`${url}:${startOffset}:${endOffset}:${magnitude(count)}`);
  }

  close(): void {
    this.#session.disconnect();
  }
}

/** Once, a few times and very often are different; 17 times and 18 are not. */
function magnitude(count: number): number {
  return Math.floor(Math.log2(count) / 2);
}
