import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Lease } from '../../../src/platform/kube/lease.ts';
import { builtin, type KubeObject } from '../../../src/platform/kube/resource.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { OwnStalls } from '../../support/own-stalls.ts';
import { ServerStalls } from '../../support/server-stalls.ts';
import { startApiAndClient } from '../api-client.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import type { ElectionProcessSettings } from './platform-election-process.ts';

const { api, client, stop } = await startApiAndClient();
afterAll(stop);

const program = path.join(import.meta.dirname, 'platform-election-process.ts');
const HOUR_MS = 3_600_000;
/** Three fifths of 15/10/2 s, so 30 s of trouble become 18 s; shorter, and a loaded machine would break them. */
const SHORT = { leaseMs: 9_000, renewDeadlineMs: 6_000, retryMs: 1_200 };
/** Looks and requests on a machine that is busy with other tests; much less than a lease. */
const SLACK_MS = 4_000;
/** The wall clock may be corrected while a test runs. */
const CLOCKS_DIFFER_MS = 100;
const WRITES_LIMIT_MS = 60_000;
const sleep = (ms: number): Promise<void> => systemClock.sleep(ms);

interface Write {
  identity: string;
  count: number;
  /** When this test heard of it. */
  atMs: number;
}

/** One lease, one ConfigMap, and the processes that want to write it. */
class Contest {
  readonly name: string;
  /** Every write that the API server stored, in its order. */
  readonly writes: Write[] = [];
  readonly proxies: FaultProxy[] = [];
  readonly children: ChildProcess[] = [];
  /** Of this process, and of the candidates: who stands still is late by as much. */
  readonly #ownStalls = new OwnStalls();
  readonly #stalls = new ServerStalls(() => this.children.flatMap(({ pid }) => pid ?? []));
  readonly #end = new AbortController();

  constructor(name: string) {
    this.name = name;
  }

  async open(): Promise<void> {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: this.name, namespace: 'default' },
    };
    const { metadata } = await client.create<KubeObject>(object, { fieldManager: 'test' });
    void this.#count(metadata.resourceVersion ?? '').catch(() => undefined);
  }

  async #count(resourceVersion: string): Promise<void> {
    const events = client.watch(builtin.ConfigMap, {
      namespace: 'default',
      fieldSelector: `metadata.name=${this.name}`,
      resourceVersion,
      signal: this.#end.signal,
    });
    for await (const { type, object } of events) {
      const data = object.data as { identity: string; count: string } | undefined;
      if (type === 'MODIFIED' && data) {
        this.writes.push({ identity: data.identity, count: Number(data.count), atMs: performance.now() });
      }
    }
  }

  /** Starts a process behind a proxy of its own. */
  async enter(identity: string, more: Partial<ElectionProcessSettings> = {}): Promise<Candidate> {
    const proxy = await startFaultProxy(api);
    const settings: ElectionProcessSettings = {
      kubeconfig: proxy.kubeconfig,
      identity,
      name: this.name,
      clockOffsetMs: 0,
      times: SHORT,
      ...more,
    };
    const child = spawn(process.execPath, [program, JSON.stringify(settings)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // Also where the test is given up before it closes.
    const endWithParent = (): void => void child.kill('SIGKILL');
    process.once('exit', endWithParent);
    child.once('exit', () => process.removeListener('exit', endWithParent));
    this.proxies.push(proxy);
    this.children.push(child);
    const leads = once(child.stdout, 'data').then(() => performance.now());
    const ended = once(child, 'exit').then(([code]) => code as number | null);
    return { child, proxy, leads, ended };
  }

  get stalledMs(): number {
    return this.#ownStalls.ms + this.#stalls.ms;
  }

  of(identity: string): Write[] {
    return this.writes.filter((write) => write.identity === identity);
  }

  /** The writers in the API server's order, neighbours that are equal told once: two writers at once would alternate. */
  turns(): string[] {
    return this.writes.map(({ identity }) => identity).filter((each, index, all) => each !== all[index - 1]);
  }

  async close(): Promise<void> {
    this.#end.abort();
    this.#ownStalls.stop();
    this.#stalls.stop();
    for (const child of this.children) if (child.exitCode === null) child.kill('SIGKILL');
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
  }
}

interface Candidate {
  child: ChildProcess;
  proxy: FaultProxy;
  /** Resolves with the time at which it leads. */
  leads: Promise<number>;
  /** Resolves with its exit code. */
  ended: Promise<number | null>;
}

/** A leader `one` and a standby `two` that has seen the lease. */
async function contest(
  name: string,
  play: (contest: Contest, one: Candidate, two: Candidate) => Promise<void>,
  one: Partial<ElectionProcessSettings> = {},
  two: Partial<ElectionProcessSettings> = {},
): Promise<void> {
  const scene = new Contest(name);
  await scene.open();
  try {
    const first = await scene.enter('one', one);
    await first.leads;
    const second = await scene.enter('two', two);
    while (second.proxy.requests.length < 2) await sleep(20);
    await play(scene, first, second);
  } finally {
    await scene.close();
  }
}

/** When the lease was renewed last, by `performance.now()`: the processes of this machine have one wall clock. */
async function lastRenewal(name: string): Promise<number> {
  const lease = await client.get<Lease>(builtin.Lease, 'default', name);
  return Date.parse(lease?.spec?.renewTime ?? '') - performance.timeOrigin;
}

/** Long enough for some writes of whoever leads now. */
async function severalWrites(scene: Contest, identity: string): Promise<void> {
  const enough = scene.of(identity).length + 5;
  const giveUpMs = performance.now() + WRITES_LIMIT_MS;
  while (scene.of(identity).length < enough) {
    if (performance.now() > giveUpMs) throw new Error(`${scene.name}: ${identity} does not write`);
    await sleep(20);
  }
}

function expectOneTurnEach(scene: Contest): void {
  expect(scene.turns()).toEqual(['one', 'two']);
}

describe.concurrent('two processes and one lease', () => {
  it('SIGKILL, with the real 15/10/2 s: taken over after a lease and within 17 s', () =>
    contest(
      'killed',
      async (scene, one, two) => {
        await severalWrites(scene, 'one');
        one.child.kill('SIGKILL');
        const [killedMs, stalledMs] = [performance.now(), scene.stalledMs];
        await one.ended;
        const renewedMs = await lastRenewal(scene.name);
        const leadsMs = await two.leads;
        await severalWrites(scene, 'two');
        // The standby saw the last renewal after it was made, however long before the kill that was.
        expect(leadsMs - renewedMs).toBeGreaterThan(15_000 - CLOCKS_DIFFER_MS);
        // A lease after the standby has seen it, which it does at the next of its looks, every 2 s.
        expect(leadsMs - killedMs).toBeLessThan(17_000 + SLACK_MS + scene.stalledMs - stalledMs);
        expectOneTurnEach(scene);
      },
      { times: undefined },
      { times: undefined },
    ));

  it('SIGTERM, with the real 15/10/2 s: handed over within 3 s', () =>
    contest(
      'terminated',
      async (scene, one, two) => {
        await severalWrites(scene, 'one');
        one.child.kill('SIGTERM');
        const [termMs, stalledMs] = [performance.now(), scene.stalledMs];
        const leadsMs = await two.leads;
        // At the next of its looks, long before the lease is over.
        expect(leadsMs - termMs).toBeLessThan(3_000 + SLACK_MS + scene.stalledMs - stalledMs);
        await severalWrites(scene, 'two');
        expect(await one.ended).toBe(0);
        expectOneTurnEach(scene);
      },
      { times: undefined },
      { times: undefined },
    ));

  it('SIGSTOP for longer than the lease: the sleeper writes nothing when it wakes', () =>
    contest('stopped', async (scene, one, two) => {
      await severalWrites(scene, 'one');
      one.child.kill('SIGSTOP');
      await two.leads;
      await severalWrites(scene, 'two');
      // What it had sent before it was stopped comes before the writes of the other: the turns tell.
      const before = scene.of('one').length;
      one.child.kill('SIGCONT');
      expect(await one.ended).toBe(1);
      await severalWrites(scene, 'two');
      expect(scene.of('one').length).toBe(before);
      expectOneTurnEach(scene);
    }));

  it.each([
    { which: 'leader', offset: [HOUR_MS, 0] },
    { which: 'leader', offset: [-HOUR_MS, 0] },
    { which: 'standby', offset: [0, HOUR_MS] },
    { which: 'standby', offset: [0, -HOUR_MS] },
  ] as const)('the wall clock of the $which is off: $offset', ({ offset: [one, two] }) =>
    contest(
      `skewed${one}and${two}`.replaceAll('-', 'minus'),
      async (scene, first, second) => {
        await severalWrites(scene, 'one');
        // A standby that believed renewTime would take over at its first look.
        await sleep(SHORT.leaseMs + SLACK_MS);
        await severalWrites(scene, 'one');
        expect(scene.turns()).toEqual(['one']);
        first.child.kill('SIGKILL');
        const [killedMs, stalledMs] = [performance.now(), scene.stalledMs];
        const tookMs = (await second.leads) - killedMs;
        const mostMs = SHORT.leaseMs + SHORT.retryMs + SLACK_MS;
        expect(tookMs).toBeLessThan(mostMs + scene.stalledMs - stalledMs);
        await severalWrites(scene, 'two');
        expectOneTurnEach(scene);
      },
      { clockOffsetMs: one },
      { clockOffsetMs: two },
    ),
  );

  it('the API server is unreachable for the leader alone: it ends before the standby begins', () =>
    contest('cut-off', async (scene, one, two) => {
      await severalWrites(scene, 'one');
      const stalledMs = scene.stalledMs;
      one.proxy.blackhole();
      const code = await one.ended;
      const endedMs = performance.now();
      expect(code).toBe(1);
      // After a pause of the whole machine both times are over at once; what one then writes is kept back, as the turns tell.
      expect(await two.leads).toBeGreaterThan(endedMs - (scene.stalledMs - stalledMs));
      await severalWrites(scene, 'two');
      expectOneTurnEach(scene);
    }));

  it('the API server is unreachable for both for two leases (30 s at 15/10/2)', () =>
    contest('outage', async (scene, one, two) => {
      await severalWrites(scene, 'one');
      one.proxy.blackhole();
      two.proxy.blackhole();
      await sleep(2 * SHORT.leaseMs);
      expect(await one.ended).toBe(1);
      const before = scene.writes.length;
      one.proxy.mend();
      two.proxy.mend();
      await two.leads;
      await severalWrites(scene, 'two');
      expect(scene.of('one').length).toBe(before);
      expectOneTurnEach(scene);
    }));
});
