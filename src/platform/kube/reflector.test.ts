import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../test/support/manual-clock.ts';
import { silentLogger } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import type { KubeClient } from './client.ts';
import { KubeError } from './errors.ts';
import {
  type ChangeEvent,
  createReflector,
  type Reflector,
  type ReflectorOptions,
  WATCHDOG_MS,
} from './reflector.ts';
import { builtin, type KubeObject } from './resource.ts';
import { createStore, type Store } from './store.ts';
import type { ListOptions, ListResult, WatchOptions } from './verbs.ts';
import type { WatchEvent } from './watch-stream.ts';

type Script = KubeError | Error | { items: KubeObject[]; version: string; continueToken?: string };

/** One watch that was opened, fed by the test. */
class FakeWatch {
  readonly options: WatchOptions;
  #queue: (WatchEvent | Error | 'end')[] = [];
  #wake: () => void = () => undefined;

  constructor(options: WatchOptions) {
    this.options = options;
    options.signal?.addEventListener('abort', () => this.push(options.signal?.reason as Error));
  }

  push(item: WatchEvent | Error | 'end'): void {
    this.#queue.push(item);
    this.#wake();
  }

  async *events(): AsyncGenerator<WatchEvent, void, undefined> {
    this.options.onOpen?.();
    for (;;) {
      const item = this.#queue.shift();
      if (item === 'end') return;
      if (item instanceof Error) throw item;
      if (item !== undefined) yield item;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

class FakeClient {
  readonly lists: ListOptions[] = [];
  readonly watches: FakeWatch[] = [];
  readonly script: Script[] = [];
  last: Script = { items: [], version: '1' };

  async list(_type: unknown, options: ListOptions): Promise<ListResult> {
    this.lists.push(options);
    const next = this.script.shift() ?? this.last;
    if (next instanceof Error) throw next;
    this.last = next;
    return { items: next.items, resourceVersion: next.version, continueToken: next.continueToken };
  }

  watch(_type: unknown, options: WatchOptions): AsyncGenerator<WatchEvent, void, undefined> {
    const watch = new FakeWatch(options);
    this.watches.push(watch);
    return watch.events();
  }

  get watchNow(): FakeWatch {
    const watch = this.watches.at(-1);
    if (watch === undefined) throw new Error('no watch was opened');
    return watch;
  }
}

function pod(name: string, resourceVersion: string, extra: Partial<KubeObject['metadata']> = {}): KubeObject {
  const metadata = { name, namespace: 'ns', uid: `uid-${name}`, resourceVersion, ...extra };
  return { apiVersion: 'v1', kind: 'Pod', metadata };
}

const failed = (code: number, retryAfterMs?: number) =>
  new KubeError({ code, reason: `HTTP${code}`, message: `answer ${code}`, retryAfterMs });

let clock: ManualClock;
let client: FakeClient;
let store: Store;
let events: ChangeEvent[];
let reflector: Reflector;
let onChange: (event: ChangeEvent) => void;

function summary(): string[] {
  return events.map((event) => `${event.type} ${event.key}${event.fromList ? ' (list)' : ''}`);
}

function options(): ReflectorOptions {
  return {
    client: client as unknown as KubeClient,
    type: builtin.Pod,
    store,
    onChange: (event) => onChange(event),
    log: silentLogger(),
    clock,
    metrics: createMetrics({ processMetrics: false }),
    random: () => 0.5,
    initial: 'pages',
  };
}

async function start(): Promise<void> {
  reflector.start();
  await settle();
}

beforeEach(() => {
  clock = new ManualClock();
  client = new FakeClient();
  store = createStore();
  events = [];
  onChange = (event) => void events.push(event);
  reflector = createReflector(options());
});

afterEach(async () => {
  await reflector.stop();
  expect(clock.pending).toBe(0);
});

describe('list', () => {
  it('reads all pages, then watches from the version of the list', async () => {
    client.script.push({ items: [pod('a', '3')], version: '9', continueToken: 'more' });
    client.script.push({ items: [pod('b', '4')], version: '9' });
    await start();
    expect(client.lists.map((options) => [options.limit, options.continueToken])).toEqual([
      [500, undefined],
      [500, 'more'],
    ]);
    expect(reflector.hasSynced()).toBe(true);
    expect(summary()).toEqual(['added ns/a (list)', 'added ns/b (list)']);
    expect(client.watchNow.options.resourceVersion).toBe('9');
    expect(client.watchNow.options.timeoutSeconds).toBe(450);
  });

  it('starts over when the version expires between two pages', async () => {
    client.script.push({ items: [pod('a', '3')], version: '9', continueToken: 'more' }, failed(410));
    client.script.push({ items: [pod('b', '4')], version: '10' });
    await start();
    expect(reflector.hasSynced()).toBe(false);
    await clock.advance(400);
    expect(client.lists[2]?.continueToken).toBeUndefined();
    expect(store.list().map((object) => object.metadata.name)).toEqual(['b']);
  });

  it('keeps trying with a growing delay while the server fails', async () => {
    client.script.push(failed(500), failed(503), failed(0));
    client.script.push({ items: [pod('a', '3')], version: '9' });
    await start();
    expect(reflector.lastError).toMatchObject({ kind: 'unavailable', message: 'answer 500' });
    await clock.advance(400);
    expect(client.lists).toHaveLength(2);
    await clock.advance(799);
    expect(client.lists).toHaveLength(2);
    await clock.advance(1 + 1600);
    expect(client.lists).toHaveLength(4);
    expect(reflector.hasSynced()).toBe(true);
    expect(reflector.lastError).toBeUndefined();
  });

  it('waits as long as a busy server asks', async () => {
    client.script.push(failed(429, 20_000));
    await start();
    await clock.advance(19_999);
    expect(client.lists).toHaveLength(1);
    await clock.advance(1);
    expect(client.lists).toHaveLength(2);
  });

  it('asks slowly what RBAC forbids, and says so', async () => {
    client.script.push(failed(403));
    await start();
    expect(reflector.lastError?.kind).toBe('forbidden');
    await clock.advance(44_999);
    expect(client.lists).toHaveLength(1);
    await clock.advance(1);
    expect(client.lists).toHaveLength(2);
  });
});

describe('watch', () => {
  it('takes changes into the store and tells them', async () => {
    await start();
    client.watchNow.push({ type: 'ADDED', object: pod('a', '2') });
    client.watchNow.push({ type: 'MODIFIED', object: pod('a', '3', { labels: { app: 'x' } }) });
    client.watchNow.push({ type: 'DELETED', object: pod('a', '4') });
    await settle();
    expect(summary()).toEqual(['added ns/a', 'updated ns/a', 'deleted ns/a']);
    expect(events[1]?.previous?.metadata.resourceVersion).toBe('2');
    expect(store.size).toBe(0);
  });

  it('strips managedFields and stamps the kind', async () => {
    await start();
    const { kind: _, apiVersion: __, ...bare } = pod('a', '2', { managedFields: [{ manager: 'kubectl' }] });
    client.watchNow.push({ type: 'ADDED', object: bare as KubeObject });
    await settle();
    expect(store.get('ns/a')).toEqual(pod('a', '2'));
  });

  it('goes on at the version of the last event or bookmark after a clean end', async () => {
    await start();
    client.watchNow.push({ type: 'ADDED', object: pod('a', '2') });
    client.watchNow.push({ type: 'BOOKMARK', object: pod('', '77') });
    await clock.advance(61_000);
    client.watchNow.push('end');
    await settle();
    expect(client.watches).toHaveLength(2);
    expect(client.watchNow.options.resourceVersion).toBe('77');
    expect(client.lists).toHaveLength(1);
  });

  it('does not hammer a server that ends every watch at once', async () => {
    await start();
    for (let end = 0; end < 10; end++) {
      client.watchNow.push('end');
      await clock.advance(1000);
    }
    expect(client.watches.length).toBeLessThan(6);
  });

  it('goes on at the same version when the connection breaks', async () => {
    await start();
    client.watchNow.push({ type: 'ADDED', object: pod('a', '5') });
    client.watchNow.push(failed(0));
    await clock.advance(400);
    expect(client.watches).toHaveLength(2);
    expect(client.watchNow.options.resourceVersion).toBe('5');
  });

  it('lists again after 410 and tells what vanished, what is new, and what changed meanwhile', async () => {
    client.script.push({
      items: [pod('gone', '1'), pod('same', '2'), pod('new-version', '3')],
      version: '3',
    });
    await start();
    events.length = 0;
    const items = [pod('same', '2'), pod('new-version', '8'), pod('fresh', '9')];
    client.script.push({ items, version: '9' });
    client.watchNow.push(failed(410));
    await clock.advance(400);
    expect(summary()).toEqual([
      'updated ns/new-version (list)',
      'added ns/fresh (list)',
      'deleted ns/gone (list)',
    ]);
    expect(client.watchNow.options.resourceVersion).toBe('9');
  });

  it('tells both the end and the beginning of an object that was made anew under its name', async () => {
    client.script.push({ items: [pod('a', '1', { uid: 'first' })], version: '1' });
    await start();
    events.length = 0;
    client.script.push({ items: [pod('a', '5', { uid: 'second' })], version: '5' });
    client.watchNow.push(failed(410));
    await clock.advance(400);
    expect(summary()).toEqual(['deleted ns/a (list)', 'added ns/a (list)']);
    expect(events[0]?.object.metadata.uid).toBe('first');
  });

  it('gives up a watch that is silent for longer than bookmarks come', async () => {
    await start();
    await clock.advance(WATCHDOG_MS - 1000);
    client.watchNow.push({ type: 'BOOKMARK', object: pod('', '8') });
    await clock.advance(WATCHDOG_MS - 1);
    expect(client.watches).toHaveLength(1);
    await clock.advance(1 + 400);
    expect(client.watches).toHaveLength(2);
    expect(client.watchNow.options.resourceVersion).toBe('8');
    expect(client.watches[0]?.options.signal?.aborted).toBe(true);
  });

  it('starts with the shortest delay again after a healthy minute', async () => {
    await start();
    for (let failure = 0; failure < 5; failure++) {
      client.watchNow.push(failed(0));
      await clock.advance(15_000);
    }
    const before = client.watches.length;
    await clock.advance(55_000);
    client.watchNow.push(failed(0));
    await clock.advance(400);
    expect(client.watches).toHaveLength(before + 1);
  });

  it('does not go blind for longer and longer where watches break that bring events', async () => {
    await start();
    for (let round = 1; round <= 10; round++) {
      client.watchNow.push({ type: 'ADDED', object: pod(`round-${round}`, String(100 + round)) });
      await clock.advance(5_000);
      client.watchNow.push(failed(0));
      await clock.advance(800);
      expect(client.watches).toHaveLength(round + 1);
    }
  });

  it('survives a handler that throws', async () => {
    onChange = () => {
      throw new Error('a bug in the handler');
    };
    client.script.push({ items: [pod('a', '1')], version: '1' });
    await start();
    client.watchNow.push({ type: 'ADDED', object: pod('b', '2') });
    await settle();
    expect(store.size).toBe(2);
    expect(client.watches).toHaveLength(1);
  });
});

describe('periodic list', () => {
  it('goes on behind an event that brings no object, and does not ask for it again and again', async () => {
    await start();
    client.watchNow.push({ type: 'MODIFIED', object: null as unknown as KubeObject });
    client.watchNow.push({ type: 'BOOKMARK', object: undefined as unknown as KubeObject });
    client.watchNow.push({ type: 'ADDED', object: pod('a', '7') });
    await settle();
    expect([client.watches.length, ...summary()]).toEqual([1, 'added ns/a']);
  });

  it('tells every object again, after ten hours', async () => {
    client.script.push({ items: [pod('a', '1')], version: '1' });
    await start();
    events.length = 0;
    const hour = 3_600_000;
    for (let elapsed = 0; elapsed < 10 * hour; elapsed += 60_000) {
      expect(client.lists).toHaveLength(1);
      client.watchNow.push({ type: 'BOOKMARK', object: pod('', '1') });
      await clock.advance(60_000);
    }
    client.watchNow.push('end');
    await settle();
    expect(client.lists).toHaveLength(2);
    expect(summary()).toEqual(['updated ns/a (list)']);
  });
});

describe('stop', () => {
  it('opens no watch that a back-off was about to open', async () => {
    await start();
    client.watchNow.push(failed(500));
    await settle();
    await reflector.stop();
    await clock.advance(120_000);
    expect(client.watches).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('ends a watch in progress and ignores what comes after', async () => {
    await start();
    await reflector.stop();
    client.watchNow.push({ type: 'ADDED', object: pod('late', '9') });
    await clock.advance(120_000);
    expect(client.watchNow.options.signal?.aborted).toBe(true);
    expect(events).toEqual([]);
  });

  it('can come before the start', async () => {
    await reflector.stop();
    await start();
    expect(client.lists).toEqual([]);
  });
});

describe('a watch that begins with a list', () => {
  const end = (resourceVersion: string): WatchEvent => ({
    type: 'BOOKMARK',
    object: pod('', resourceVersion, { annotations: { 'k8s.io/initial-events-end': 'true' } }),
  });

  beforeEach(async () => {
    reflector = createReflector({ ...options(), initial: 'stream' });
    await start();
  });

  it('is synced at the bookmark that ends it, and goes on with the same watch', async () => {
    expect(client.watchNow.options).toMatchObject({ sendInitialEvents: true });
    client.watchNow.push({ type: 'ADDED', object: pod('a', '3') });
    await settle();
    expect(reflector.hasSynced()).toBe(false);
    client.watchNow.push(end('9'));
    client.watchNow.push({ type: 'ADDED', object: pod('b', '10') });
    await settle();
    expect(reflector.hasSynced()).toBe(true);
    expect(summary()).toEqual(['added ns/a (list)', 'added ns/b']);
    expect([client.lists.length, client.watches.length]).toEqual([0, 1]);
  });

  it('tells what vanished only when it is complete', async () => {
    client.watchNow.push({ type: 'ADDED', object: pod('a', '3') });
    client.watchNow.push(end('9'));
    client.watchNow.push(failed(410));
    await clock.advance(400);
    client.watchNow.push({ type: 'ADDED', object: pod('b', '12') });
    await settle();
    expect(store.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    client.watchNow.push(end('13'));
    await settle();
    expect(summary().slice(1)).toEqual(['added ns/b (list)', 'deleted ns/a (list)']);
  });

  it('takes changes that come before that bookmark', async () => {
    client.watchNow.push({ type: 'ADDED', object: pod('a', '3') });
    client.watchNow.push({ type: 'ADDED', object: pod('b', '4') });
    client.watchNow.push({ type: 'MODIFIED', object: pod('a', '5') });
    client.watchNow.push({ type: 'DELETED', object: pod('b', '6') });
    client.watchNow.push(end('9'));
    await settle();
    expect(store.list().map(({ metadata }) => [metadata.name, metadata.resourceVersion])).toEqual([
      ['a', '5'],
    ]);
    expect(summary().slice(2)).toEqual(['updated ns/a (list)', 'deleted ns/b (list)']);
  });

  it('that breaks before its end begins anew', async () => {
    client.watchNow.push({ type: 'ADDED', object: pod('a', '3') });
    client.watchNow.push('end');
    await clock.advance(800);
    expect(client.watches).toHaveLength(2);
    expect(client.watchNow.options).toMatchObject({ sendInitialEvents: true });
    expect(reflector.hasSynced()).toBe(false);
  });

  it.each([
    ['refuses', () => client.watchNow.push(failed(422))],
    ['never ends', () => undefined],
  ])('that the server %s is replaced by pages', async (_how, happen) => {
    happen();
    await clock.advance(10_000);
    expect(client.lists).toHaveLength(1);
    expect(reflector.hasSynced()).toBe(true);
  });
});

describe('liveness', () => {
  it('holds while retries come, whatever the server answers', async () => {
    client.script.push(...Array.from({ length: 100 }, () => failed(403)));
    await start();
    for (let minute = 0; minute < 30; minute++) {
      await clock.advance(60_000);
      expect(reflector.checkProgress()).toBeUndefined();
    }
  });

  it('fails when a watch is silent and its watchdog does not bite', async () => {
    await start();
    clock.stall(WATCHDOG_MS + 61_000);
    expect(() => reflector.checkProgress()).toThrow('no sign of life from the watch for 61 s');
  });
});
