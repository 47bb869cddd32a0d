import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { WeddingCalendar } from '../../../src/api/v1alpha1/kinds.ts';
import { programOptions } from '../../../src/bundle/bundle-options.ts';
import { ownType } from '../../../src/operator/objects/kinds.ts';
import { MeasuredProcess } from '../../bench/operator/measured-process.ts';
import { eventually } from '../../support/eventually.ts';
import { FeedServer } from '../../support/feed-server.ts';
import { bookedOn, calendar } from '../../support/feed-text.ts';
import { HOSTILE_FEEDS, hostileBytes } from '../../support/hostile-feeds.ts';
import { type InstalledKinds, startWithKinds } from '../installed-kinds.ts';
import { PERSON } from './operator-world.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const MEBIBYTE = 1_048_576;
/** The default of spec.limits.maxBytes, and the most that it may be. */
const SIZES = [5 * MEBIBYTE, 16 * MEBIBYTE];
/** Three times what was measured, and far from the 256 MiB that the container has. */
const MOST_RISE_MIB = 96;
/** A feed that takes its whole time of reading, on a loaded machine. */
const withinSeconds = 120;
const NAMESPACE = 'hostile';
/** What status says of every failure of a feed of a private network. */
const NO_DETAILS = expect.stringMatching(
  /^\S+ could not be reached or serves no feed that can be used; the log of the operator has the cause\. /,
);

let kinds: InstalledKinds;
let server: FeedServer;
let directory: string;
let operator: MeasuredProcess;
/** What the operator logged of polls that failed, by WeddingCalendar: status leaves it out for feeds of private networks. */
const logged = new Map<string, { reason: string; message: string }>();

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'hostile-feeds-'));
  for (const options of programOptions(ROOT, directory)) await build(options);
  [kinds, server] = [await startWithKinds(), await FeedServer.start()];
  await kinds.client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }, PERSON);
  operator = startOperator();
}, 600_000);

afterAll(async () => {
  operator?.child.kill('SIGKILL');
  await kinds?.stop();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** The program of the image, with the flag of the chart. */
function startOperator(): MeasuredProcess {
  const argv = [process.execPath, '--optimize-for-size', path.join(directory, 'operator.js')];
  const env = { KUBECONFIG: kinds.server.kubeconfig, PRESENCE_IMAGE: 'presence:1', METRICS_PORT: '0' };
  const started = new MeasuredProcess(argv, {
    ...env,
    LEADER_ELECTION: 'false',
    LOG_LEVEL: 'warn',
    PRIVATE_NETWORK_NAMESPACES: NAMESPACE,
  });
  if (started.child.stdout === null) throw new Error('the log cannot be read');
  createInterface({ input: started.child.stdout }).on('line', (line) => {
    const { name, namespace, reason, msg } = JSON.parse(line) as Record<string, string>;
    if (namespace === NAMESPACE && name && reason && msg) logged.set(name, { reason, message: msg });
  });
  return started;
}

async function makeCalendar(name: string, format: 'ICalendar' | 'JSON' = 'ICalendar'): Promise<void> {
  const url = `${new URL(server.url).origin}/${name}`;
  const metadata = { name, namespace: NAMESPACE };
  await kinds.client.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { url } }, PERSON);
  const apiVersion = 'presence.wedsync.io/v1alpha1';
  const spec = {
    ...{ source: { secretName: name }, format, defaultTimeZone: 'Europe/London', pollInterval: '24h' },
    ...{ allowPrivateNetworks: true, limits: { maxBytes: 16 * MEBIBYTE } },
  };
  await kinds.client.apply({ apiVersion, kind: 'WeddingCalendar', metadata, spec }, PERSON);
}

async function read(name: string): Promise<WeddingCalendar | undefined> {
  const found = await kinds.client.get(ownType('WeddingCalendar'), NAMESPACE, name);
  return found as unknown as WeddingCalendar | undefined;
}

/** Reason and message of CalendarFresh, when it has one. */
async function freshness(name: string): Promise<{ reason: string; message: string } | undefined> {
  const { status } = (await read(name)) ?? {};
  return status?.conditions?.find(({ type }) => type === 'CalendarFresh');
}

async function ended(name: string): Promise<{ reason: string; message: string }> {
  const done = async () =>
    (await read(name))?.status?.pollBegun === undefined ? freshness(name) : undefined;
  return (await eventually({ what: `${name} is polled`, withinSeconds }, done)) as {
    reason: string;
    message: string;
  };
}

/** How a poll ended: as status says, or as the log does where status has no details. */
async function outcome(name: string): Promise<{ reason: string; message: string }> {
  const condition = await ended(name);
  if (['Fetched', 'TooManyEvents'].includes(condition.reason)) return condition;
  expect(condition).toMatchObject({ reason: 'FetchFailed', message: NO_DETAILS });
  return cause(name);
}

function cause(name: string): Promise<{ reason: string; message: string }> {
  return eventually({ what: `the log names the cause of ${name}`, withinSeconds }, async () =>
    logged.get(name),
  );
}

/** Calendars that stay are asked for again, and answered by the server of the next test. */
afterEach(async () => {
  const { items } = await kinds.client.list(ownType('WeddingCalendar'), { namespace: NAMESPACE });
  for (const { metadata } of items)
    await kinds.client.delete(ownType('WeddingCalendar'), NAMESPACE, metadata.name, {});
});

describe('the bundled operator', () => {
  it('ends every hostile feed with a condition, in bounded memory, and does not die', async () => {
    server.serve(calendar(bookedOn('20270605')));
    await makeCalendar('good');
    await ended('good');
    const before = operator.rssMiB();
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, operator.rssMiB());
    }, 20);
    const found: Record<string, string> = {};
    const expected: Record<string, string> = {};
    try {
      for (const feed of HOSTILE_FEEDS) {
        for (const size of SIZES) {
          const name = `${feed.name}-${size / MEBIBYTE}`;
          server.answer = (_request, response) => {
            response.writeHead(200, { 'content-type': 'text/plain' });
            // Who reads it may stop at any byte.
            pipeline(Readable.from(hostileBytes(feed, size)), response).catch(() => undefined);
          };
          await makeCalendar(name, feed.format);
          const { reason, message } = await outcome(name);
          expected[name] = feed.ends;
          found[name] = reason;
          if (reason === 'TooComplex') expect(message).toMatch(/\d/);
        }
      }
    } finally {
      clearInterval(watch);
    }
    console.log(
      `RSS before ${before.toFixed(0)} MiB, at most ${most.toFixed(0)} MiB over ${HOSTILE_FEEDS.length * SIZES.length} feeds`,
    );
    expect(found).toEqual(expected);
    expect(operator.child.exitCode ?? operator.child.signalCode).toBeNull();
    expect(most - before).toBeLessThan(MOST_RISE_MIB);
  }, 900_000);

  it('does not repeat at once a poll that killed it, and says so', async () => {
    let requests = 0;
    server.answer = (_request, response) => {
      requests += 1;
      response.writeHead(200, { 'content-type': 'text/calendar' }).write('BEGIN:VCALENDAR\r\n');
    };
    await makeCalendar('lethal');
    await eventually({ what: 'the poll has begun', withinSeconds }, async () => requests === 1);
    const begun = (await read('lethal'))?.status;
    expect(begun?.pollBegun).toBeDefined();
    expect(Date.parse(begun?.nextPoll ?? '')).toBeGreaterThan(Date.parse(begun?.pollBegun ?? ''));
    operator.child.kill('SIGKILL');
    server.serve(calendar(bookedOn('20270605')));
    operator = startOperator();
    const interrupted = async () =>
      (await freshness('lethal'))?.reason === 'PollInterrupted' && freshness('lethal');
    const condition = await eventually({ what: 'the condition says so', withinSeconds }, interrupted);
    expect(condition).toMatchObject({
      message: expect.stringMatching(/never ended: the operator stopped or was killed/),
    });
    const { status } = (await read('lethal')) ?? {};
    expect(status).toMatchObject({ failures: 1, nextPoll: begun?.nextPoll });
    // After the wait that was written before the kill it is asked again, and is well.
    await eventually(
      { what: 'it is fresh', withinSeconds },
      async () => (await freshness('lethal'))?.reason === 'Fetched',
    );
  }, 600_000);
});
