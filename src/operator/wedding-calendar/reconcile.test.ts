import { describe, expect, it } from 'vitest';
import { bookedOn, calendar as feedText } from '../../../test/support/feed-text.ts';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import { API_VERSION } from '../../api/schema/group.ts';
import type { WeddingCalendar } from '../../api/v1alpha1/kinds.ts';
import type { WeddingCalendarStatus } from '../../api/v1alpha1/wedding-calendar.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { createStore } from '../../platform/kube/store.ts';
import { systemClock } from '../../platform/runtime/clock.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import { acceptCalendar, CalendarReconciler } from './reconcile.ts';

const START = Date.parse('2027-05-03T10:00:00Z');
const KEY = 'WeddingCalendar/bookings';

/** A WeddingCalendar with its feed in a ConfigMap, and operators that share an API server. */
function world(feed = feedText(bookedOn('20270605'))) {
  const client = new MemoryKubeClient();
  let nowMs = START;
  const clock = { ...systemClock, now: () => new Date(nowMs) };
  const configMap = (text: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'feed', namespace: 'weddings' },
    data: { feed: text },
  });
  client.put(configMap(feed));
  client.put({
    apiVersion: API_VERSION,
    kind: 'WeddingCalendar',
    metadata: { name: 'bookings', namespace: 'weddings', uid: 'bookings', generation: 1 },
    spec: { source: { configMapName: 'feed' }, defaultTimeZone: 'Europe/London', pollInterval: '15m' },
  });
  const status = (): WeddingCalendarStatus => (client.of(KEY)?.status ?? {}) as WeddingCalendarStatus;
  const freshness = () => status().conditions?.find(({ type }) => type === 'CalendarFresh');
  const startOperator = (privateNetworkNamespaces: readonly string[] = []) => {
    const [calendars, weddings] = [createStore(), createStore()];
    const events = { record: () => {}, flush: async () => {} };
    const reconciler = new CalendarReconciler({
      client,
      clock,
      events,
      calendars,
      weddings,
      privateNetworkNamespaces,
    });
    const sync = (): void => {
      for (const object of client.objects.values()) {
        if (object.kind === 'WeddingCalendar') calendars.put(object);
        if (object.kind === 'Wedding') weddings.put(object);
      }
    };
    const pass = (): Promise<unknown> => {
      const context = { signal: new AbortController().signal, log: silentLogger(), reconcileID: 'test' };
      return reconciler.reconcile('weddings/bookings', context);
    };
    return {
      pass: (): Promise<unknown> => {
        sync();
        return pass();
      },
      passWithoutNews: pass,
      sync,
    };
  };
  return {
    client,
    status,
    freshness,
    startOperator,
    serve: (text: string): KubeObject => client.put(configMap(text)),
    forward: (minutes: number): void => {
      nowMs += minutes * 60_000;
    },
    minutesTo: (time: string | undefined): number => (Date.parse(time ?? '') - nowMs) / 60_000,
  };
}

describe('a poll', () => {
  it('reads a ConfigMap whose feed is no UTF-8 as a whole, which kubectl puts into binaryData', async () => {
    const { client, freshness, startOperator } = world();
    const latin1 = feedText(bookedOn('20270605')).replace('END:VEVENT', 'SUMMARY:M\u00fcller\r\nEND:VEVENT');
    const { data: _, ...rest } = client.of('ConfigMap/feed') as KubeObject;
    client.put({ ...rest, binaryData: { feed: Buffer.from(latin1, 'latin1').toString('base64') } });
    await startOperator().pass();
    expect(freshness()).toMatchObject({ status: 'True', reason: 'Fetched' });
    expect([...client.objects.values()].filter(({ kind }) => kind === 'Wedding')).toHaveLength(1);
  });

  it('is in status before it begins, with the next one, and no longer when it has ended', async () => {
    const { client, status, freshness, startOperator, minutesTo } = world();
    const begun: WeddingCalendarStatus[] = [];
    client.before('get', 'ConfigMap/feed', () => begun.push(status()));
    await startOperator().pass();
    expect(begun).toHaveLength(1);
    expect(minutesTo(begun[0]?.pollBegun)).toBe(0);
    expect(minutesTo(begun[0]?.nextPoll)).toBe(1);
    expect(status().pollBegun).toBeUndefined();
    expect(freshness()).toMatchObject({ status: 'True', reason: 'Fetched' });
    expect(minutesTo(status().nextPoll)).toBe(15);
  });

  it('that never ended is said by the next operator, which waits longer each time', async () => {
    const { client, status, freshness, startOperator, minutesTo, forward } = world();
    const waits: number[] = [];
    for (let round = 0; round < 3; round++) {
      // The operator dies while it reads.
      const dead = startOperator();
      client.before('get', 'ConfigMap/feed', () => {
        throw new Error('killed');
      });
      await expect(dead.pass()).rejects.toThrow('killed');
      expect(status().pollBegun).toBeDefined();
      const other = startOperator();
      await other.pass();
      expect(freshness()).toMatchObject({ status: 'False', reason: 'PollInterrupted' });
      expect(freshness()?.message).toMatch(
        /^The poll of 2027-05-03T1.* never ended: the operator stopped or was killed/,
      );
      expect(status()).toMatchObject({ failures: round + 1 });
      expect(status().pollBegun).toBeUndefined();
      const wait = minutesTo(status().nextPoll);
      // Asked again before that time, it goes on waiting.
      await other.pass();
      expect(minutesTo(status().nextPoll)).toBe(wait);
      waits.push(wait);
      forward(wait + 1);
    }
    expect(waits).toEqual([1, 2, 4]);
    await startOperator().pass();
    expect(freshness()).toMatchObject({ status: 'True', reason: 'Fetched' });
    expect(status()).toMatchObject({ failures: 0 });
  });

  it('of an operator that is alive is never taken for lethal: not in trouble with the API server, not with an old cache', async () => {
    const { client, status, freshness, startOperator, serve, forward, minutesTo } = world();
    const operator = startOperator();
    client.before('get', 'ConfigMap/feed', () => {
      throw new Error('the API server is in trouble');
    });
    await expect(operator.pass()).rejects.toThrow('in trouble');
    // It is repeated as soon as the work queue says, though the next poll is later in status.
    client.before('get', 'ConfigMap/feed', () => operator.sync());
    await operator.pass();
    expect(freshness()).toMatchObject({ reason: 'Fetched' });
    expect(status()).toMatchObject({ failures: 0 });
    // The cache still has the status from before the end of the poll, and the poll is not repeated.
    serve(feedText(bookedOn('20270612')));
    forward(20);
    await operator.passWithoutNews();
    expect(freshness()).toMatchObject({ reason: 'Fetched' });
    expect(minutesTo(status().nextPoll)).toBe(-5);
  });

  it('leaves the Wedding of an event that cannot be read any more', async () => {
    const { client, status, startOperator, serve, forward } = world(
      feedText(bookedOn('20270605', 'a'), bookedOn('20270612', 'b')),
    );
    const operator = startOperator();
    await operator.pass();
    const weddings = () => [...client.objects.values()].filter(({ kind }) => kind === 'Wedding').length;
    expect(weddings()).toBe(2);
    serve(feedText(bookedOn('20270605', 'a'), bookedOn('2027-06-12', 'b')));
    forward(20);
    await operator.pass();
    expect(status().skipped).toEqual([
      { uid: 'b', reason: 'InvalidTime', message: 'line 10: DTSTART: 2027-06-12T143000 is no time' },
    ]);
    expect(weddings()).toBe(2);
  });
});

describe('a calendar that opens private networks', () => {
  const calendar = (source: object): WeddingCalendar => ({
    apiVersion: API_VERSION,
    kind: 'WeddingCalendar',
    metadata: { name: 'bookings', namespace: 'weddings', uid: 'bookings' },
    spec: { source, defaultTimeZone: 'Europe/London', allowPrivateNetworks: true } as never,
  });

  it('is accepted in the namespaces that the chart lists only, unless it sends no request', () => {
    const asks = calendar({ secretName: 'feed' });
    expect(acceptCalendar(asks, ['office', 'weddings'])).toMatchObject({ accepted: true });
    for (const namespaces of [[], ['wedding'], ['weddings-2']])
      expect(acceptCalendar(asks, namespaces)).toMatchObject({
        accepted: false,
        refusal: { type: 'Accepted', status: 'False', reason: 'PrivateNetworksNotAllowed' },
      });
    expect(acceptCalendar(calendar({ configMapName: 'feed' }), [])).toMatchObject({ accepted: true });
  });
});
