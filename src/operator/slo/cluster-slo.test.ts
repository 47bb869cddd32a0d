import { beforeEach, describe, expect, it } from 'vitest';
import { NOON, presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { type CountsRead, LOST_AFTER_SECONDS, type PodCounts } from '../../domain/slo/pod-counts.ts';
import { ClusterSlo, type SloReport } from './cluster-slo.ts';
import { servedSlo } from './served-slo.ts';
import { sloFromData, sloToData } from './written-slo.ts';

const SHARDS = 3;
const ROUND_SECONDS = 15;
const SPEC = presenceCluster().spec.slo;

/** One PresenceCluster with pods that count as real ones do, read every 15 s. */
class World {
  slo = new ClusterSlo();
  seconds = 0;
  writes: Record<string, string>[] = [];
  readonly #counts = new Map<string, PodCounts>();

  constructor(...pods: string[]) {
    for (const pod of pods)
      this.#counts.set(pod, {
        startedAt: 1,
        clock: 0,
        returned: 0,
        inTime: 0,
        delaySeconds: 0,
        lost: 0,
        joined: 0,
        failedJoins: 0,
      });
  }

  /** Runs rounds in which a share of the hidden changes is lost. Tells how often the verdict changed. */
  run(rounds: number, { lost = 0, counts = true, more = {} as Partial<SloReport> } = {}): number {
    let news = 0;
    for (let round = 0; round < rounds; round += 1) {
      this.seconds += ROUND_SECONDS;
      const sent = ROUND_SECONDS * SHARDS;
      const failed = Math.round(sent * lost);
      for (const [pod, before] of this.#counts)
        this.#counts.set(pod, {
          ...before,
          returned: before.returned + sent - failed,
          inTime: before.inTime + sent - failed,
          lost: before.lost + failed,
          joined: before.joined + 1,
        });
      if (this.slo.report(this.#report(counts, more))) news += 1;
      const due = this.slo.takeDue(this.seconds * 1000);
      if (due !== undefined) this.writes.push(sloToData(due));
    }
    return news;
  }

  #report(answers: boolean, more: Partial<SloReport>): SloReport {
    const now = NOON.getTime() + this.seconds * 1000;
    const monotonicMs = this.seconds * 1000;
    const reads = [...this.#counts].map(([pod, counts]): [string, CountsRead] => [
      pod,
      { counts: { ...counts, clock: now / 1000 }, withinMs: 2000, at: now, monotonicMs },
    ]);
    return {
      spec: SPEC,
      counts: new Map(answers ? reads : []),
      pods: new Set(this.#counts.keys()),
      isDown: false,
      shards: SHARDS,
      now,
      monotonicMs,
      ...more,
    };
  }
}

describe('the objectives of a PresenceCluster', () => {
  let world: World;

  beforeEach(() => {
    world = new World('a', 'b');
    world.slo.restore(undefined, 0);
  });

  it('are shown once pods were read twice, and are news when the verdict changes, not before', () => {
    expect([world.run(1), world.slo.view]).toEqual([0, undefined]);
    expect(world.run(1)).toBe(1);
    expect(world.slo.view?.state).toMatchObject({
      updates: { attainment: 100, budgetLeft: 100 },
      joins: { attainment: 100 },
      verdict: { kind: 'Met' },
    });
    expect(world.run(40)).toBe(0);
    expect(world.slo.isFailing).toBe(false);
    expect(world.run(2, { lost: 1 })).toBe(1);
    expect(world.slo.isFailing).toBe(true);
    expect(world.slo.view?.state?.verdict).toMatchObject({ kind: 'FastBurn', of: 'updates' });
  });

  it('show the same object for a minute, so that nothing is written', () => {
    world.run(2);
    const shown = world.slo.view;
    world.run(3, { lost: 0.01 });
    expect(world.slo.view).toBe(shown);
    world.run(1);
    expect(world.slo.view).not.toBe(shown);
  });

  it('are not known after five minutes without an answer, and silence is no failure', () => {
    world.run(10);
    expect(world.run(19, { counts: false })).toBe(0);
    expect(world.run(2, { counts: false })).toBe(1);
    expect(world.slo.view).toEqual({ state: undefined, leftOut: [] });
    // What the pods counted meanwhile comes with their next answer.
    world.run(2);
    expect(world.slo.view?.state?.updates).toMatchObject({ attainment: 100 });
  });

  it('count what the pods would have sent while none of them is there', () => {
    world.run(10);
    world.run(2, { counts: false, more: { isDown: true } });
    expect(world.slo.view?.state?.verdict).toMatchObject({ kind: 'FastBurn', of: 'updates' });
    // After the first of them: 9 rounds with 90 changes each, and one in which as many are lost.
    expect(world.slo.view?.state?.updates.attainment).toBe(90);
  });

  it('are written once an hour, and within a minute when something failed', () => {
    world.run(4 * 60 * 3);
    expect(world.writes).toHaveLength(3);
    world.run(1, { lost: 0.1 });
    expect(world.writes).toHaveLength(3);
    world.run(4);
    expect(world.writes).toHaveLength(4);
    world.run(4 * 50);
    expect(world.writes).toHaveLength(4);
    world.slo.noteUnwritten();
    world.run(1);
    expect(world.writes).toHaveLength(5);
    expect(Math.max(...world.writes.map((data) => JSON.stringify(data).length))).toBeLessThan(9_000);
  });

  it('keep their budget with a new leader, which shows nothing before it has counted', () => {
    world.run(240);
    world.run(4, { lost: 1 });
    world.run(8);
    const before = world.slo.view?.state;
    const written = world.writes.at(-1);
    world.slo = new ClusterSlo();
    world.run(3);
    expect(world.slo.view).toBeUndefined();
    world.slo.restore(sloFromData(written), world.seconds * 1000);
    world.run(2);
    const after = world.slo.view?.state;
    expect(after?.verdict).toEqual(before?.verdict);
    expect(after?.since).toBe(before?.since);
    expect(Math.abs((after?.updates.budgetLeft ?? 0) - (before?.updates.budgetLeft ?? 99))).toBeLessThan(30);
    expect(after?.updates.budgetLeft).toBeLessThan(0);
  });

  it('follow another window, objective and delay of the spec', () => {
    world.run(10, { lost: 0.001 });
    world.run(1, { lost: 0.1 });
    const changed = { ...SPEC, windowDays: 7, updates: { ...SPEC.updates, objective: 90 } };
    expect(world.run(1, { more: { spec: changed } })).toBe(1);
    expect(world.slo.view?.state?.updates).toMatchObject({ objective: 90, budgetLeft: expect.any(Number) });
    expect(world.slo.view?.state?.updates.attainment).toBeLessThan(100);
  });

  it('name a pod that is left out', () => {
    world.run(2);
    const at = NOON.getTime() + world.seconds * 1000 + 15_000;
    const liar: CountsRead = {
      withinMs: 2000,
      at,
      monotonicMs: world.seconds * 1000,
      counts: {
        startedAt: 1,
        clock: at / 1000 - 3600,
        returned: 0,
        inTime: 0,
        delaySeconds: 0,
        lost: 0,
        joined: 0,
        failedJoins: 0,
      },
    };
    expect(world.run(1, { more: { counts: new Map([['a', liar]]) } })).toBe(1);
    expect(world.slo.view?.leftOut).toEqual([{ pod: 'a', because: 'its clock is 60 min behind' }]);
  });
});

/** docs/how-to/slo.md. The windows need some 49 s of failures after a quiet hour; the rest is what we add. */
it('a total outage is a fast burn within 60 s, whenever the last scrape was before it', () => {
  const [quietEvery, failingEvery] = [30, 5];
  const slowest = Array.from({ length: 60 }, (_, phase) => {
    const slo = new ClusterSlo();
    slo.restore(undefined, 0);
    const outageAt = 2 * 3600 + phase;
    for (let second = quietEvery; ; second += slo.isFailing ? failingEvery : quietEvery) {
      const now = NOON.getTime() + second * 1000;
      const returned = SHARDS * Math.min(second, outageAt);
      const lost = SHARDS * Math.max(0, second - outageAt - LOST_AFTER_SECONDS);
      slo.report({
        spec: SPEC,
        counts: new Map([
          [
            'a',
            {
              withinMs: 2000,
              at: now,
              monotonicMs: second * 1000,
              counts: {
                startedAt: 1,
                clock: now / 1000,
                returned,
                inTime: returned,
                delaySeconds: 0,
                lost,
                joined: 0,
                failedJoins: 0,
              },
            },
          ],
        ]),
        pods: new Set(['a']),
        isDown: false,
        shards: SHARDS,
        now,
        monotonicMs: second * 1000,
      });
      if (slo.view?.state?.verdict.kind === 'FastBurn') return second - outageAt;
    }
  });
  expect(Math.max(...slowest)).toBeLessThanOrEqual(60);
});

describe('what was written down', () => {
  const written = { since: 1, minutes: [], tenMinutes: [], hours: [], sixHours: [] };

  it.each<[string, Record<string, string> | undefined]>([
    ['nothing', undefined],
    ['no key', {}],
    ['no JSON', { slo: '' }],
    ['a part', { slo: '{"since":1}' }],
    ['a negative count', { slo: JSON.stringify({ ...written, minutes: [[1, 2, 3, 4, -5]] }) }],
    ['too many buckets', { slo: JSON.stringify({ ...written, hours: Array(401).fill([1, 1, 1, 1, 1]) }) }],
  ])('is nothing when the ConfigMap cannot be read: %s', (_, data) => {
    expect(sloFromData(sloToData(written))).toEqual(written);
    expect(sloFromData(data)).toBeUndefined();
  });
});

describe('the objectives in use', () => {
  it('are those of the spec, or the last accepted ones, or the defaults', () => {
    const cluster = presenceCluster();
    expect(servedSlo(cluster)).toEqual(SPEC);
    const broken = { ...cluster, spec: { ...cluster.spec, slo: { windowDays: 1 } as never } };
    expect(servedSlo(broken)).toEqual(SPEC);
    const accepted = { acceptedSpec: { slo: { windowDays: 14 } } };
    expect(servedSlo({ ...broken, status: accepted }).windowDays).toBe(14);
  });
});
