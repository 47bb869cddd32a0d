import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { Agent, WebSocket as UndiciWebSocket } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { PresenceClient } from '../../../src/client/presence-client.ts';
import type { WebSocketClass } from '../../../src/client/web-socket-like.ts';
import { HEARTBEAT_SECONDS } from '../../../src/presence/config/config.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { eventually, signToken, startPod, untilReady } from './presence-pods.ts';
import { joinAs, metric, statesOf, untilShown } from './presence-views.ts';
import { type Edit, type FrontProxy, PROXY_HOST, startProxy } from './proxies.ts';
import type { RawClient } from './raw-client.ts';
import { startTcpBalancer } from './tcp-balancer.ts';

const START_MS = 300_000;
const FAULT_MS = 120_000;
/** A fifth of the real one, and so is each idle time-out: 12 s stand for 60 s, and 6 s for 30 s. */
const PACE = 5;
const HEARTBEAT = HEARTBEAT_SECONDS / PACE;
const IDLE_60 = 60 / PACE;
const IDLE_30 = 30 / PACE;
/** Shorter than the time between two pings. */
const TOO_SHORT = HEARTBEAT / 2;
const MOST_WEDDINGS = 512;
const LONGEST_MS = 60_000;

const PROXIES: readonly (readonly ['nginx' | 'haproxy' | 'caddy', (idle: number) => Edit[]])[] = [
  ['nginx', (idle) => [['timeout 60s', `timeout ${idle}s`]]],
  [
    'haproxy',
    (idle) => [
      ['timeout tunnel 60s', `timeout tunnel ${idle}s`],
      ['timeout client 30s', `timeout client ${IDLE_30}s`],
      ['timeout server 30s', `timeout server ${IDLE_30}s`],
    ],
  ],
  ['caddy', () => []],
];

let redis: RedisClusterProcesses;
let pod: PresenceServer;
const proxies = new Map<string, FrontProxy>();

beforeAll(async () => {
  const { valkeyServer } = await ensureTools();
  redis = await startRedisCluster({ server: valkeyServer, primaries: 3 });
  pod = await startPod(redis.nodes, { PRESENCE_HEARTBEAT_SECONDS: String(HEARTBEAT) });
  await untilReady(pod);
  // Caddy has no idle time-out to shorten.
  for (const [name, idle] of PROXIES) proxies.set(name, await startProxy(name, pod.port, idle(IDLE_60)));
}, START_MS);

afterAll(async () => {
  await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
  await pod?.drain();
  await redis?.close();
}, START_MS);

const proxyOf = (name: string): FrontProxy => {
  const proxy = proxies.get(name);
  if (proxy === undefined) throw new Error(`${name} was not started`);
  return proxy;
};

/** A WebSocket of Node that looks for the name in the certificate at the port of a proxy. */
function socketsThrough(
  { port, authority }: FrontProxy,
  localAddress = '127.0.0.1',
): { sockets: WebSocketClass; pings: () => number } {
  let pings = 0;
  const sockets = class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      // The types of ws do not know `servername`, hence the constant of its own.
      const options = {
        ca: authority,
        servername: PROXY_HOST,
        localAddress,
        headers: { host: `${PROXY_HOST}:${port}` },
      };
      super(url.replace(PROXY_HOST, '127.0.0.1'), protocols, options);
      this.on('ping', () => pings++);
      this.on('error', () => {});
    }
  };
  return { sockets, pings: () => pings };
}

interface Ann {
  /** Of her connection, without repetitions; the first, `connecting`, is not told. */
  readonly states: readonly string[];
  /** What she was shown of bob. */
  readonly statuses: readonly string[];
  update(status: string): Promise<void>;
}

const opened: { close(): unknown }[] = [];

/** Ann on site, in a wedding where bob is. */
async function annAt(
  url: string,
  wedding: string,
  more: { readonly token?: string; readonly WebSocket?: WebSocketClass } = {},
): Promise<Ann> {
  const states: string[] = [];
  const statuses: string[] = [];
  const client = new PresenceClient({
    url,
    token: await signToken({ user: 'ann', weddings: [wedding] }),
    onState: (state) => {
      if (states.at(-1) !== state) states.push(state);
    },
    ...more,
  });
  opened.push(client);
  const joined = await client.join(
    wedding,
    { status: 'on site' },
    {
      onDiff: (changes) => {
        for (const change of changes)
          if (change.op === 'set' && change.member.user === 'bob') statuses.push(change.member.status ?? '');
      },
    },
  );
  return { states, statuses, update: (status) => joined.update({ status }) };
}

async function annThrough(
  proxy: FrontProxy,
  wedding: string,
  token?: string,
): Promise<Ann & { readonly pings: () => number }> {
  const { sockets, pings } = socketsThrough(proxy);
  const url = `wss://${PROXY_HOST}:${proxy.port}/v1/presence`;
  const more = token === undefined ? { WebSocket: sockets } : { WebSocket: sockets, token };
  return Object.assign(await annAt(url, wedding, more), { pings });
}

/** Bob, who needs no proxy. */
async function bobAt(wedding: string): Promise<RawClient> {
  const bob = await joinAs('bob', pod, wedding, { status: 'ready' });
  opened.push(bob);
  return bob;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

const presencePath = (wedding: string): string => `/v1/weddings/${wedding}/presence`;

/** GET over HTTP/2, as a browser does it. */
async function getOverHttp2({ port, authority }: FrontProxy, path: string, token: string) {
  const session = connectHttp2(`https://${PROXY_HOST}:${port}`, {
    ca: authority,
    servername: PROXY_HOST,
    lookup: (_host, options, found) => {
      // The form of the answer depends on whether all addresses are asked for.
      if (options.all) found(null, [{ address: '127.0.0.1', family: 4 }]);
      else found(null, '127.0.0.1', 4);
    },
  });
  session.on('error', () => {});
  try {
    const stream = session.request({ ':path': path, authorization: `Bearer ${token}` });
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    if (!stream.readableEnded) await once(stream, 'end');
    return { status: headers[':status'], alpn: session.alpnProtocol, body: JSON.parse(text) as object };
  } finally {
    session.destroy();
  }
}

describe.each(PROXIES)('behind %s', (name) => {
  it(
    'a client comes in with TLS, others see each change as it happens, and pages read over HTTP/2',
    async () => {
      const wedding = `through-${name}`;
      const bob = await bobAt(wedding);
      const ann = await annThrough(proxyOf(name), wedding);
      await untilShown(bob, 'ann', 'present on site', LONGEST_MS);
      // One at a time: a proxy that waited for more bytes would hold the last one back.
      for (const status of ['one', 'two', 'three']) {
        await ann.update(status);
        await untilShown(bob, 'ann', `present ${status}`, LONGEST_MS);
      }
      const token = await signToken({ user: 'eve', weddings: [wedding] });
      expect(await getOverHttp2(proxyOf(name), presencePath(wedding), token)).toMatchObject({
        status: 200,
        alpn: 'h2',
        body: { wedding, members: [{}, {}] },
      });
    },
    FAULT_MS,
  );

  it(
    'a token with 512 weddings named by UUIDs fits',
    async () => {
      const weddings = Array.from({ length: MOST_WEDDINGS }, () => randomUUID());
      const token = await signToken({ user: 'ann', weddings });
      const ann = await annThrough(proxyOf(name), weddings[0] ?? '', token);
      expect(ann.states).toEqual(['open']);
      const path = presencePath(weddings[1] ?? '');
      expect(await getOverHttp2(proxyOf(name), path, token)).toMatchObject({ status: 200 });
    },
    FAULT_MS,
  );

  it(
    'clients come back when it dies, and nobody has left',
    async () => {
      const wedding = `killed-${name}`;
      const proxy = proxyOf(name);
      const bob = await bobAt(wedding);
      await annThrough(proxy, wedding);
      await proxy.kill();
      await untilShown(bob, 'ann', 'reconnecting on site', LONGEST_MS);
      await proxy.start();
      await untilShown(bob, 'ann', 'present on site', LONGEST_MS);
      expect(statesOf(bob, 'ann')).toEqual(['present', 'reconnecting', 'present']);
    },
    FAULT_MS,
  );
});

describe('idle time-outs', () => {
  /** Longer than the time-out, in pings. */
  const survives = (idle: number) => (pings: number) => pings > idle / HEARTBEAT + 1;

  it(
    'of 60 s and 30 s are never reached; one below the heartbeat cuts a client again and again, without a leave',
    async () => {
      const usual = PROXIES.map(async ([name]) => {
        const bob = await bobAt(`idle-${name}`);
        const ann = await annThrough(proxyOf(name), `idle-${name}`);
        await eventually(ann.pings, survives(IDLE_60), LONGEST_MS);
        expect([ann.states, statesOf(bob, 'ann')]).toEqual([['open'], ['present']]);
      });
      const others = PROXIES.filter(([name]) => name !== 'caddy').map(async ([name, edits]) => {
        const half = await startProxy(name, pod.port, edits(IDLE_30));
        const short = await startProxy(name, pod.port, edits(TOO_SHORT));
        opened.push(half, short);
        const bob = await bobAt(`short-${name}`);
        const quiet = await annThrough(half, `half-${name}`);
        const ann = await annThrough(short, `short-${name}`);
        const cuts = () => ann.states.filter((state) => state === 'reconnecting').length;
        await eventually(cuts, (count) => count >= 2, LONGEST_MS);
        expect(statesOf(bob, 'ann')).not.toContain('left');
        await eventually(quiet.pings, survives(IDLE_30), LONGEST_MS);
        expect(quiet.states).toEqual(['open']);
      });
      await Promise.all([...usual, ...others]);
    },
    FAULT_MS,
  );
});

describe('other ways of a proxy', () => {
  it(
    'HAProxy takes the WebSocket inside of HTTP/2',
    async () => {
      const { port, authority } = proxyOf('haproxy');
      const dispatcher = new Agent({ allowH2: true, connect: { ca: authority, servername: PROXY_HOST } });
      opened.push(dispatcher);
      const protocols = new Set<unknown>();
      const follow = ({ socket }: { readonly socket?: TLSSocket }): void =>
        void protocols.add(socket?.alpnProtocol);
      subscribe('undici:client:connected', follow as (message: unknown) => void);
      const sockets = class extends UndiciWebSocket {
        constructor(url: string, offered: string[]) {
          super(url, { protocols: offered, dispatcher });
        }
      };
      const bob = await bobAt('inside-http2');
      const ann = await annAt(`wss://127.0.0.1:${port}`, 'inside-http2', { WebSocket: sockets });
      await ann.update('inside');
      await untilShown(bob, 'ann', 'present inside', LONGEST_MS);
      unsubscribe('undici:client:connected', follow as (message: unknown) => void);
      expect([...protocols]).toEqual(['h2']);
    },
    FAULT_MS,
  );

  it(
    'nginx takes its configuration again: the clients of its old workers come back, and nobody has left',
    async () => {
      const proxy = proxyOf('nginx');
      const bob = await bobAt('reloaded');
      const ann = await annThrough(proxy, 'reloaded');
      proxy.reload();
      await eventually(
        () => ann.states.join(),
        (states) => states === 'open,reconnecting,open',
        LONGEST_MS,
      );
      await untilShown(bob, 'ann', 'present on site', LONGEST_MS);
      expect(statesOf(bob, 'ann')).not.toContain('left');
    },
    FAULT_MS,
  );

  it(
    'nginx takes what a client does not read: the server misses its answers to pings',
    async () => {
      const { sockets: Sockets } = socketsThrough(proxyOf('nginx'));
      const bob = await bobAt('unread');
      const token = await signToken({ user: 'ann', weddings: ['unread'] });
      const url = `wss://${PROXY_HOST}:${proxyOf('nginx').port}/v1/presence`;
      const ann = new Sockets(url, ['presence.v1', `bearer.${token}`]) as unknown as WebSocket;
      opened.push({ close: () => ann.terminate() });
      await once(ann, 'open');
      ann.send(JSON.stringify({ type: 'join', wedding: 'unread', status: 'on site' }));
      await untilShown(bob, 'ann', 'present on site', LONGEST_MS);
      ann.pause();
      await untilShown(bob, 'ann', 'reconnecting on site', LONGEST_MS);
    },
    FAULT_MS,
  );

  it(
    'one that holds bytes back and sends them in odd pieces loses and reorders nothing',
    async () => {
      const wedding = 'in-lumps';
      const relay = await startTcpBalancer(pod.port, { lumps: true });
      opened.push(relay);
      const bob = await bobAt(wedding);
      const ann = await annAt(`ws://127.0.0.1:${relay.port}`, wedding);
      const statuses = Array.from({ length: 10 }, (_, index) => `status ${index}`);
      for (const status of statuses) await bob.insist({ type: 'update', id: status, wedding, status }, 'ack');
      await ann.update('done');
      await untilShown(bob, 'ann', 'present done', LONGEST_MS);
      await eventually(
        () => ann.statuses.at(-1),
        (last) => last === statuses.at(-1),
      );
      expect(ann.statuses).toEqual(statuses);
    },
    FAULT_MS,
  );

  it(
    'one that goes silent: both ends notice without its reset, which comes late and changes nothing',
    async () => {
      const relay = await startTcpBalancer(pod.port);
      opened.push(relay);
      const bob = await bobAt('half-open');
      const ann = await annAt(`ws://127.0.0.1:${relay.port}`, 'half-open');
      // New connections go around the frozen ones, as after a failover of the proxy.
      relay.freeze();
      await eventually(
        () => ann.states.join(),
        (states) => states === 'open,reconnecting,open',
        LONGEST_MS,
      );
      // The server ends the frozen connection too. When it does so first, bob sees that she is reconnecting.
      await eventually(
        () => metric(pod, /^presence_connections (\d+)$/m),
        (count) => count === 2,
        LONGEST_MS,
      );
      await untilShown(bob, 'ann', 'present on site', LONGEST_MS);
      relay.reset();
      await untilShown(bob, 'ann', 'present on site', LONGEST_MS);
      expect(statesOf(bob, 'ann')).not.toContain('left');
    },
    FAULT_MS,
  );
});

/** Clients of other addresses of loopback than the one that proxies ask from, and a limit of one connection per address. */
describe('addresses of clients', () => {
  const limited = (source: string) => ({
    PRESENCE_CLIENT_ADDRESS: source,
    PRESENCE_TRUSTED_PROXIES: '127.0.0.1/32',
    PRESENCE_MAX_CONNECTIONS_PER_ADDRESS: '1',
  });
  const pods = new Map<string, PresenceServer>();

  beforeAll(async () => {
    for (const source of ['XForwardedFor', 'Forwarded', 'ProxyProtocol'])
      pods.set(source, await startPod(redis.nodes, limited(source)));
  }, START_MS);

  afterAll(async () => {
    await Promise.all([...pods.values()].map((each) => each.drain()));
  }, START_MS);

  const portOf = (source: string): number => pods.get(source)?.port ?? 0;

  /** The connections of the test before count no more. */
  beforeEach(async () => {
    for (const each of pods.values()) {
      await eventually(
        () => metric(each, /^presence_connections (\d+)$/m),
        (count) => count === 0,
      );
    }
  }, START_MS);

  /** What the first frame says to a person who comes from an address. */
  async function answerTo(
    user: string,
    from: string,
    where: { readonly url: string; readonly ca?: string },
    headers: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const authorization = `Bearer ${await signToken({ user, weddings: ['where'] })}`;
    const options = {
      ...(where.ca === undefined ? {} : { ca: where.ca, servername: PROXY_HOST }),
      localAddress: from,
      headers: { host: PROXY_HOST, authorization, ...headers },
    };
    const socket = new WebSocket(where.url, options);
    opened.push({ close: () => socket.terminate() });
    socket.on('error', () => {});
    const [data] = (await once(socket, 'message')) as [Buffer];
    const { type, code } = JSON.parse(data.toString()) as { readonly type: string; readonly code?: string };
    return code ?? type;
  }

  const through = ({ port, authority }: FrontProxy) => ({
    url: `wss://127.0.0.1:${port}/v1/presence`,
    ca: authority,
  });

  const WAYS: readonly (readonly [string, string, 'nginx' | 'haproxy' | 'caddy', Edit[]])[] = [
    ['nginx', 'XForwardedFor', 'nginx', []],
    ['HAProxy', 'XForwardedFor', 'haproxy', []],
    ['Caddy', 'XForwardedFor', 'caddy', []],
    ['HAProxy', 'Forwarded', 'haproxy', [['option forwardfor', 'option forwarded']]],
    [
      'HAProxy',
      'ProxyProtocol',
      'haproxy',
      [['  server presence', '  default-server send-proxy-v2\n  server presence']],
    ],
    [
      'HAProxy, version 1',
      'ProxyProtocol',
      'haproxy',
      [['  server presence', '  default-server send-proxy\n  server presence']],
    ],
  ];

  it.each(WAYS)('come through %s by %s, whatever the client writes', async (_, source, name, edits) => {
    const proxy = await startProxy(name, portOf(source), edits);
    opened.push(proxy);
    const lie = { 'x-forwarded-for': '127.0.0.9', forwarded: 'for=127.0.0.9' };
    expect(await answerTo('ann', '127.0.0.2', through(proxy))).toBe('welcome');
    expect(await answerTo('bob', '127.0.0.2', through(proxy))).toBe('too_many_connections');
    expect(await answerTo('bob', '127.0.0.2', through(proxy), lie)).toBe('too_many_connections');
    expect(await answerTo('eve', '127.0.0.3', through(proxy))).toBe('welcome');
  });

  it.each([...new Set(WAYS.map(([, source]) => source))])(
    'are those of the connection where a client comes past the proxies, with %s',
    async (source) => {
      const where = { url: `ws://127.0.0.1:${portOf(source)}/v1/presence` };
      const lie = { 'x-forwarded-for': '127.0.0.9', forwarded: 'for=127.0.0.9' };
      expect(await answerTo('ann', '127.0.0.4', where, lie)).toBe('welcome');
      expect(await answerTo('bob', '127.0.0.4', where, lie)).toBe('too_many_connections');
      expect(await answerTo('bob', '127.0.0.5', where, lie)).toBe('welcome');
    },
  );

  it('that a trusted proxy cannot say are refused with the header and the reason', async () => {
    const refused = await fetch(`http://127.0.0.1:${portOf('XForwardedFor')}/v1/presence`, {
      headers: { 'x-forwarded-for': 'somewhere' },
    });
    // Reading over HTTP needs no address.
    expect(refused.status).toBe(401);
    const socket = new WebSocket(`ws://127.0.0.1:${portOf('XForwardedFor')}/v1/presence`, {
      headers: { 'x-forwarded-for': 'somewhere' },
    });
    socket.on('error', () => {});
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    socket.terminate();
    expect([response.statusCode, JSON.parse(text)]).toEqual([
      400,
      { code: 'invalid_request', message: 'the header X-Forwarded-For names what is no address' },
    ]);
  });
});
