import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Wedding, WeddingCalendar } from '../../../src/api/v1alpha1/kinds.ts';
import { ownType } from '../../../src/operator/objects/kinds.ts';
import { FeedServer } from '../../support/feed-server.ts';
import { bookedOn, calendar, event } from '../../support/feed-text.ts';
import { OperatorWorld, PERSON, type RunningOperator } from './operator-world.ts';

const START = '2027-05-03T10:00:00Z';
const DAYS = ['20270605', '20270612', '20270619', '20270626'];
const feed = (days: readonly string[]): string => calendar(...days.map((day) => bookedOn(day)));

let world: OperatorWorld;
let server: FeedServer;
let operator: RunningOperator;

beforeAll(async () => {
  [world, server] = [await OperatorWorld.start(), await FeedServer.start()];
  world.clock.set(START);
  operator = startOperator();
}, 600_000);

afterAll(async () => {
  await world?.close();
  await server?.stop();
});

/** Namespaces of these tests whose calendars may open private networks; the feeds are on this machine. */
const OPEN = ['follow', 'killed', 'shrunk', 'hostile', 'foreign', 'local'];

const startOperator = (namespaces: readonly string[] = OPEN): RunningOperator =>
  world.startOperator({ PRIVATE_NETWORK_NAMESPACES: namespaces.join() });

const urlOf = (namespace: string): string => server.url.replace('/feed.ics', `/${namespace}/feed.ics`);

async function makeCalendar(namespace: string, spec: Record<string, unknown> = {}): Promise<void> {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'feed', namespace },
    // Of each namespace a path of its own, so that a test can tell whose calendar asks.
    stringData: { url: urlOf(namespace) },
  };
  await world.client.apply(secret, { ...PERSON, force: true });
  await world.client.apply(
    {
      apiVersion: 'presence.wedsync.io/v1alpha1',
      kind: 'WeddingCalendar',
      metadata: { name: 'bookings', namespace },
      spec: {
        source: { secretName: 'feed' },
        defaultTimeZone: 'Europe/London',
        pollInterval: '10m',
        allowPrivateNetworks: true,
        ...spec,
      },
    },
    { ...PERSON, force: true },
  );
}

async function read(namespace: string): Promise<WeddingCalendar> {
  return (await world.client.get(
    ownType('WeddingCalendar'),
    namespace,
    'bookings',
  )) as unknown as WeddingCalendar;
}

/** Moves the clock to the next poll, and holds it: there is no poll after it by itself, and what is told of ages stays true. */
async function poll(namespace: string): Promise<void> {
  const { status } = await read(namespace);
  world.clock.hold(new Date(Date.parse(status?.nextPoll ?? START) + 1000).toISOString());
}

/** Until CalendarFresh has a status and reason. */
function fresh(namespace: string, expected: string): Promise<WeddingCalendar> {
  return world.until(`CalendarFresh is ${expected}`, async () => {
    const found = await read(namespace);
    const condition = found.status?.conditions?.find(({ type }) => type === 'CalendarFresh');
    return `${condition?.status} ${condition?.reason}` === expected && found;
  });
}

function messageOf({ status }: WeddingCalendar): string {
  return status?.conditions?.find(({ type }) => type === 'CalendarFresh')?.message ?? '';
}

async function weddings(namespace: string): Promise<Wedding[]> {
  const { items } = await world.client.list(ownType('Wedding'), { namespace });
  return (items as unknown as Wedding[]).sort((a, b) => (a.spec.date < b.spec.date ? -1 : 1));
}

const dates = async (namespace: string) => (await weddings(namespace)).map(({ spec }) => spec.date);
const versions = async (namespace: string) =>
  (await weddings(namespace)).map(
    ({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.generation}`,
  );

async function start(namespace: string, days: readonly string[] = DAYS): Promise<void> {
  await world.makeNamespace(namespace);
  server.serve(feed(days));
  await makeCalendar(namespace);
  await fresh(namespace, 'True Fetched');
}

describe('a feed', () => {
  it('becomes Weddings, follows changes, and is not read again when it says that nothing changed', async () => {
    await start('follow');
    expect(await dates('follow')).toEqual(['2027-06-05', '2027-06-12', '2027-06-19', '2027-06-26']);
    const [first] = await weddings('follow');
    expect(first).toMatchObject({
      metadata: {
        labels: { 'presence.wedsync.io/calendar': 'bookings' },
        annotations: { 'presence.wedsync.io/feed-uid': 'on-20270605' },
      },
      spec: { ceremony: '14:30', ends: '23:30', state: 'Confirmed', timeZone: 'Europe/London' },
    });
    const before = await versions('follow');
    await poll('follow');
    await world.until('it is polled again', async () => server.sent.at(-1) === 304);
    expect(await versions('follow')).toEqual(before);

    const cancelled = event(
      'UID:on-20270612',
      'DTSTART;TZID=Europe/London:20270612T143000',
      'STATUS:CANCELLED',
    );
    server.serve(calendar(bookedOn('20270605'), cancelled, bookedOn('20270626'), bookedOn('20270703')));
    await poll('follow');
    await world.until('it follows', async () => (await dates('follow')).includes('2027-07-03'));
    await world.until('what is gone is removed', async () => !(await dates('follow')).includes('2027-06-19'));
    const states = (await weddings('follow')).map(({ spec }) => `${spec.date} ${spec.state}`);
    expect(states).toEqual([
      '2027-06-05 Confirmed',
      '2027-06-12 Cancelled',
      '2027-06-26 Confirmed',
      '2027-07-03 Confirmed',
    ]);
    expect((await versions('follow'))[0]).toBe(before[0]);
    const { status } = await world.until('status says so', async () => {
      const found = await read('follow');
      return found.status?.events?.weddings === 4 && found;
    });
    expect(status).toMatchObject({ failures: 0, events: { total: 4, past: 0, ignored: 0, skipped: 0 } });
  });

  it('that is killed changes nothing, and comes back', async () => {
    await start('killed');
    const before = await versions('killed');
    server.fail(503);
    await poll('killed');
    expect(messageOf(await fresh('killed', 'False FetchFailed'))).toMatch(
      /could not be reached .*\. The last good copy stays; it is 10 minutes old/,
    );
    expect(world.failedPolls('killed')).toContainEqual([
      'FetchFailed',
      expect.stringMatching(/ answers 503$/),
    ]);
    server.answer = ({ socket }) => socket.destroy();
    for (const failures of [2, 3]) {
      await poll('killed');
      await world.until(
        `it failed ${failures} times`,
        async () => (await read('killed')).status?.failures === failures,
      );
    }
    expect(await versions('killed')).toEqual(before);
    await operator.stop();
    operator = startOperator();
    server.serve(feed(DAYS));
    await poll('killed');
    await fresh('killed', 'True Fetched');
    expect(await versions('killed')).toEqual(before);
    // Events are sent beside the passes.
    await world.until('the failure is told', async () =>
      (await world.events('killed')).some((line) =>
        /^Warning FetchFailed WeddingCalendar\/bookings/.test(line),
      ),
    );
  });

  it('in which more than half is gone is held until that is accepted', async () => {
    await start('shrunk');
    const before = await versions('shrunk');
    server.serve(feed(['20270626']));
    await poll('shrunk');
    expect(messageOf(await fresh('shrunk', 'False Shrunk'))).toMatch(
      /^3 of 4 future weddings are gone.*set spec.acceptShrink to 1/,
    );
    expect(await versions('shrunk')).toEqual(before);
    await makeCalendar('shrunk', { acceptShrink: 1 });
    await fresh('shrunk', 'True Fetched');
    expect(await dates('shrunk')).toEqual(['2027-06-26']);
  });

  it.each([
    ['TooLarge', 'x'.repeat(6_000_000), {}],
    ['WrongContent', '<html/>', {}],
    ['WrongContent', feed([...DAYS, '20270703']), { 'content-type': 'application/zip' }],
    ['WrongContent', feed(DAYS).slice(0, -60), {}],
    [
      'TooManyEvents',
      calendar(...Array.from({ length: 20_001 }, (_, index) => `BEGIN:VEVENT\r\nUID:${index}\r\nEND:VEVENT`)),
      {},
    ],
  ])('that is hostile (%s %#) changes nothing', async (reason, text, headers) => {
    if ((await world.client.get(ownType('WeddingCalendar'), 'hostile', 'bookings')) === undefined)
      await start('hostile');
    const before = await versions('hostile');
    server.serve(text, headers);
    await poll('hostile');
    const plain = reason === 'TooManyEvents';
    await fresh('hostile', `False ${plain ? reason : 'FetchFailed'}`);
    const [cause] = world.failedPolls('hostile').at(-1) ?? [];
    if (!plain) expect(cause).toBe(reason);
    expect(await versions('hostile')).toEqual(before);
    server.serve(feed(DAYS));
    await poll('hostile');
    await fresh('hostile', 'True Fetched');
  });

  it('leaves alone what somebody else made or owns, and names it', async () => {
    await start('foreign');
    const [first, second] = await weddings('foreign');
    const patch = { metadata: { labels: { 'presence.wedsync.io/calendar': null } } };
    await world.client.patch(ownType('Wedding'), 'foreign', first?.metadata.name ?? '', patch, PERSON);
    const own = { spec: { ends: '22:00' } };
    await world.client.patch(ownType('Wedding'), 'foreign', second?.metadata.name ?? '', own, PERSON);
    server.serve(
      calendar(...DAYS.map((day) => event(`UID:on-${day}`, `DTSTART;TZID=Europe/London:${day}T160000`))),
    );
    await poll('foreign');
    const { status } = await world.until('it is read', async () => {
      const found = await read('foreign');
      return (found.status?.skipped?.length ?? 0) > 0 && found;
    });
    expect(status?.skipped?.map(({ uid, reason }) => `${uid} ${reason}`)).toEqual([
      'on-20270605 NameTaken',
      'on-20270612 EditedElsewhere',
    ]);
    const times = (await weddings('foreign')).map(({ spec }) => `${spec.ceremony}-${spec.ends}`);
    expect(times).toEqual(['14:30-23:30', '14:30-22:00', '16:00-01:00', '16:00-01:00']);
  });

  it('in a ConfigMap is read as well; a missing one and an unknown zone are told', async () => {
    await world.makeNamespace('local');
    await makeCalendar('local', { source: { configMapName: 'bookings' } });
    await fresh('local', 'False SourceMissing');
    const metadata = { name: 'bookings', namespace: 'local' };
    await world.client.apply(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { feed: feed(DAYS) } },
      PERSON,
    );
    await poll('local');
    await fresh('local', 'True Fetched');
    await makeCalendar('local', { source: { configMapName: 'bookings' }, defaultTimeZone: 'Mars/Olympus' });
    await world.until('the zone is refused', async () =>
      (await read('local')).status?.conditions?.some(({ reason }) => reason === 'UnknownTimeZone'),
    );
    expect(await dates('local')).toHaveLength(4);
    await world.client.delete(ownType('WeddingCalendar'), 'local', 'bookings');
    expect(await dates('local')).toHaveLength(4);
  });

  it('of a private network is asked only where the chart allows it, and again as soon as it does', async () => {
    await world.makeNamespace('elsewhere');
    let asked = 0;
    server.answer = ({ url }, response) => {
      if (url?.startsWith('/elsewhere/')) asked += 1;
      response.writeHead(200, { 'content-type': 'text/calendar' }).end(feed(DAYS));
    };
    await makeCalendar('elsewhere');
    const accepted = async () =>
      (await read('elsewhere')).status?.conditions?.find(({ type }) => type === 'Accepted');
    const refused = async () => {
      const found = await accepted();
      return found?.status === 'False' && found;
    };
    expect(await world.until('it is refused', refused)).toMatchObject({
      reason: 'PrivateNetworksNotAllowed',
      message: expect.stringMatching(
        /^spec\.allowPrivateNetworks: .* namespace elsewhere .* weddingCalendars\.privateNetworkNamespaces\.$/,
      ),
    });
    expect(asked).toBe(0);
    expect((await read('elsewhere')).status?.pollBegun).toBeUndefined();

    // Without the field the address is refused, and no request is sent either.
    await makeCalendar('elsewhere', { allowPrivateNetworks: false });
    expect(messageOf(await fresh('elsewhere', 'False InvalidURL'))).toMatch(/must begin with https/);
    await makeCalendar('elsewhere');
    await world.until('it is refused again', refused);
    expect(asked).toBe(0);

    // Another value of the chart is another operator.
    await operator.stop();
    operator = startOperator([...OPEN, 'elsewhere']);
    await fresh('elsewhere', 'True Fetched');
    expect(await accepted()).toMatchObject({ status: 'True' });
    expect(await dates('elsewhere')).toHaveLength(4);

    // The value is taken back: the copy stays, and the feed is left alone.
    const before = asked;
    await operator.stop();
    operator = startOperator();
    await world.until('it is refused once more', refused);
    await makeCalendar('elsewhere', { pollInterval: '10s' });
    await world.until('the new spec is seen', async () => {
      const { metadata, status } = await read('elsewhere');
      return status?.observedGeneration === metadata.generation;
    });
    expect([asked, (await dates('elsewhere')).length]).toEqual([before, 4]);
  });
});
