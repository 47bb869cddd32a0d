import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { Wedding } from '../../api/v1alpha1/kinds.ts';
import { weddingSpec } from '../../api/v1alpha1/wedding.ts';
import type { LoadReport } from '../../domain/autoscaling/demand.ts';
import { NO_MEMORY } from '../../domain/autoscaling/scaling-memory.ts';
import type { Pod } from '../cluster-state/pod.ts';
import { deletionCosts } from '../scaling/deletion-cost.ts';
import { ClusterLoad } from './cluster-load.ts';
import { learnedFromData, learnedToData } from './learned.ts';
import { readPodMetrics } from './metrics-text.ts';
import { Scraper } from './scrape.ts';

const STEP_MS = 300_000;
const START = Date.parse('2027-06-01T00:00:00Z');
const signal = new AbortController().signal;

function pod(name: string, ip: string, annotations: Record<string, string> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    spec: {},
    metadata: { name, namespace: 'weddings', uid: name, annotations },
    status: { podIP: ip, phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

const metrics = (connections: number): string =>
  `# TYPE presence_connections gauge\npresence_connections ${connections}\npresence_draining 0\n`;

describe('the metrics of a pod', () => {
  it('are read', () => {
    expect(readPodMetrics(metrics(17), 2000)).toEqual({
      connections: 17,
      draining: false,
      counts: undefined,
    });
    expect(readPodMetrics('presence_connections{pod="a"} 3\npresence_draining 1\n', 2000)).toEqual({
      connections: 3,
      draining: true,
      counts: undefined,
    });
  });

  it('have the counts of the objectives when all of them are there', () => {
    const text = [
      'presence_connections 3',
      'presence_canary_seconds_bucket{le="1"} 6',
      'presence_canary_seconds_bucket{le="2"} 7',
      'presence_canary_seconds_bucket{le="+Inf"} 9',
      'presence_canary_seconds_sum 12.5',
      'presence_canary_seconds_count 9',
      'presence_canary_lost_total 1',
      'presence_joins_total 5',
      'presence_failed_joins_total{code="unavailable"} 2',
      'presence_failed_joins_total{code="internal"} 1',
      'presence_clock_seconds 1812225600.25',
      'process_start_time_seconds 1812220000',
    ];
    const counts = (lines: readonly string[]) => readPodMetrics(lines.join('\n'), 2000)?.counts;
    expect(counts(text)).toEqual({
      startedAt: 1812220000,
      clock: 1812225600.25,
      returned: 9,
      inTime: 7,
      delaySeconds: 12.5,
      lost: 1,
      joined: 5,
      failedJoins: 3,
    });
    for (const missing of [2, 4, 5, 6, 7, 10, 11]) expect(counts(text.toSpliced(missing, 1))).toBeUndefined();
    expect(counts(text.toSpliced(8, 2))).toBeUndefined();
  });

  it.each(['', 'presence_connections NaN', 'presence_connections -1', 'presence_connections +Inf'])(
    'are no reading: %s',
    (text) => {
      expect(readPodMetrics(text, 2000)).toBeUndefined();
    },
  );
});

describe('a scrape', () => {
  const context = { key: 'weddings/wedsync', before: new Map([['b', 40]]), withinMs: 2000, signal };
  const answers = (silent: string) =>
    new Scraper(
      async (url) => {
        if (url.includes(silent)) throw new Error('no answer');
        return metrics(10);
      },
      new ManualClock(new Date(START)),
    );

  it('waits two seconds for a pod that hangs, and for no other', async () => {
    const clock = new ManualClock(new Date(START));
    const hangs = (_url: string, limit: AbortSignal) => {
      const { promise, reject } = Promise.withResolvers<string>();
      limit.addEventListener('abort', () => reject(limit.reason));
      return promise;
    };
    const scraper = new Scraper(
      (url, limit) => (url.includes('10.0.0.2') ? hangs(url, limit) : Promise.resolve(metrics(10))),
      clock,
    );
    let report: LoadReport | undefined;
    const pods = [pod('a', '10.0.0.1'), pod('b', '10.0.0.2')];
    void scraper.scrape(pods, context).then((scraped) => {
      report = scraped.report;
    });
    await clock.advance(1_999);
    expect([report, clock.pending]).toEqual([undefined, 1]);
    await clock.advance(1);
    expect(report).toEqual({ connections: 50, pods: 1, silent: 1, at: START });
    expect(clock.pending).toBe(0);
  });

  it('sums up what pods report, and takes a silent one as it was last', async () => {
    const pods = [pod('a', '10.0.0.1'), pod('b', '10.0.0.2')];
    const { report, byPod } = await answers('10.0.0.2').scrape(pods, context);
    expect(report).toEqual({ connections: 50, pods: 1, silent: 1, at: START });
    expect([...byPod]).toEqual([
      ['a', 10],
      ['b', 40],
    ]);
  });

  it('is not held up by pods of another PresenceCluster that hang', async () => {
    const clock = new ManualClock();
    const scraper = new Scraper(
      (url) => (url.includes('10.1.') ? new Promise<string>(() => {}) : Promise.resolve(metrics(10))),
      clock,
    );
    const hanging = Array.from({ length: 200 }, (_, index) => pod(`h${index}`, `10.1.0.${index}`));
    void scraper.scrape(hanging, { ...context, key: 'weddings/hangs' });
    const { report } = await scraper.scrape([pod('a', '10.0.0.1')], context);
    expect(report).toMatchObject({ connections: 10, pods: 1 });
  });

  it('gives no report when no pod answers', async () => {
    const { report, byPod } = await answers('10.').scrape([pod('b', '10.0.0.2')], context);
    expect(report).toBeUndefined();
    expect(byPod.get('b')).toBe(40);
  });
});

/** A week of days that are alike, seen through reports every five minutes. */
function lived(days: number, weddings: readonly Wedding[] = []): ClusterLoad {
  const load = new ClusterLoad();
  for (let step = 0; step <= days * 288; step += 1) {
    const now = START + step * STEP_MS + 1000;
    load.demand(weddings, now, NO_MEMORY);
    const connections = Math.round(500 + 400 * Math.sin((2 * Math.PI * step) / 288) + ((step * 7919) % 41));
    load.report({ connections, pods: 4, silent: 0, at: now }, new Map(), now, 4 + (step % 2));
    for (const _ of load.catchUp());
  }
  return load;
}

describe('what is learned', () => {
  const now = START + 4 * 288 * STEP_MS + 60_000;
  const before = lived(4);

  it('survives a restart: first the forecast that was written, then the same by learning again', () => {
    const data = learnedToData(before.learned);
    expect(JSON.stringify(data).length).toBeLessThan(20_000);
    const after = new ClusterLoad();
    const learned = learnedFromData(data);
    if (learned === undefined) throw new Error('it cannot be read');
    after.restore(learned);
    const peaks = (load: ClusterLoad) =>
      load.demand([], now, NO_MEMORY).forecast?.horizons.map((each) => each.expected);
    for (const [index, expected] of (peaks(after) ?? []).entries()) {
      expect(expected).toBeCloseTo(peaks(before)?.[index] ?? Number.NaN, 0);
    }
    for (const _ of after.catchUp());
    expect(after.learned.history).toEqual(before.learned.history);
    expect(peaks(after)).toEqual(learned.forecast?.horizons.map(({ expected }) => expected));
  });

  it('has the pods there were, and what they cost beside others', () => {
    const limits = { capacity: 2000, min: 1, max: 60 };
    for (const _ of before.computeCost(limits));
    // 4 and 5 pods in turn, where one would do.
    const { hours = 0, presence = 0, staticPeak } = before.cost ?? {};
    expect(hours).toBeCloseTo(4 * 24, 0);
    expect(presence / hours).toBeCloseTo(4.5, 2);
    expect(staticPeak).toBeCloseTo(hours, 9);
    const restarted = new ClusterLoad();
    restarted.restore(learnedFromData(learnedToData(before.learned)) ?? restarted.learned);
    for (const _ of restarted.computeCost(limits));
    expect(restarted.cost).toEqual(before.cost);
    expect(new ClusterLoad().cost).toBeUndefined();
  });

  it('is read without pods where an operator before this one wrote it', () => {
    const { pods: _, ...old } = learnedToData(before.learned);
    expect(learnedFromData(old)?.history.steps).toHaveLength(before.learned.history.steps.length);
  });

  it('is nothing when somebody broke the ConfigMap', () => {
    const data = learnedToData(before.learned);
    expect(learnedFromData(undefined)).toBeUndefined();
    expect(learnedFromData({ ...data, history: 'x' })).toBeUndefined();
    expect(learnedFromData({ ...data, learned: '{"knowledge":1}' })).toBeUndefined();
  });

  it('counts a wedding that was booked a moment ago', () => {
    const spec = weddingSpec.parse({
      date: '2027-06-05',
      timeZone: 'UTC',
      ceremony: '01:00',
      ends: '09:00',
      team: { catering: 30 },
    });
    const wedding = { metadata: { name: 'w', namespace: 'weddings' }, spec } as Wedding;
    const booked = before.demand([wedding], now, NO_MEMORY).booked;
    expect(booked?.at(Date.parse('2027-06-05T01:00:00Z'))).toBeCloseTo(0.95 * 30, 6);
    expect(before.demand([], now, NO_MEMORY).booked).toBeUndefined();
  });

  it('learns nothing from the sum of some pods', () => {
    const load = new ClusterLoad();
    load.report({ connections: 5, pods: 1, silent: 1, at: START }, new Map(), START);
    load.report(undefined, new Map(), START + STEP_MS);
    expect(load.learned.history.steps).toEqual([{ load: Number.NaN, booked: 0 }]);
  });
});

describe('deletion costs', () => {
  it('are written where they would change the order, and a pod that reported nothing is full', () => {
    const cost = 'controller.kubernetes.io/pod-deletion-cost';
    const pods = [
      pod('empty', '1', { [cost]: '3' }),
      pod('same', '2', { [cost]: '101' }),
      pod('new', '3'),
      pod('unknown', '4'),
    ];
    const byPod = new Map([
      ['empty', 0],
      ['same', 100],
      ['new', 900],
    ]);
    expect(deletionCosts(pods, byPod, 2000).map((each) => [each.pod.metadata.name, each.cost])).toEqual([
      ['empty', 0],
      ['new', 900],
      ['unknown', 2000],
    ]);
  });
});
