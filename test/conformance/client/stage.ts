import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { BrokenPromise } from '../expect.ts';
import type { Frame } from '../peer.ts';

export const WEDDING = 'ada-and-grace';
export const STATUS = 'on site';
export const TOKEN = 'conformance.of.clients';
/** For a loaded machine; a promise about a time passes its own limit. */
const WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 10;

/** What a client prints after each change of its view: the position, and the `status` of each user. */
export interface View {
  readonly epoch: string;
  readonly seq: number;
  readonly members: Readonly<Record<string, string | null>>;
}

/** One connection of the client. */
export interface Visit {
  readonly number: number;
  readonly at: number;
  readonly token: string | undefined;
  readonly asked: Frame[];
  closeCode: number | undefined;
  say(frame: object): void;
  /** Says an error and closes, as a server does after a fatal one. */
  refuse(code: string, closeCode: number, more?: object): void;
  readonly socket: WebSocket;
}

export const member = (user: string, status?: string): object => ({
  user,
  role: 'other',
  state: 'present',
  since: 1,
  updatedAt: 1,
  devices: 1,
  ...(status === undefined ? {} : { status }),
});

/** A server that says what a scenario wants, and the client under test. */
export class Stage {
  readonly visits: Visit[] = [];
  readonly views: View[] = [];
  heartbeatMs = 60_000;
  /** Called at each connection; welcomes unless a scenario replaces it. */
  onVisit = (visit: Visit): void => this.welcome(visit);
  /** Called for each frame; answers as a server does unless a scenario replaces it. */
  onFrame = (visit: Visit, frame: Frame): void => this.answer(visit, frame);
  /** What `answer` gives for a join and a snapshot. */
  members: object[] = [member('bob', 'here')];
  epoch = 'e1';
  seq = 10;
  readonly #server: WebSocketServer;
  #client: ChildProcess | undefined;
  #stderr = '';

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, request) => {
      const { searchParams } = new URL(request.url ?? '/', 'http://server');
      const bearer = /bearer[.]([^\s,]+)/.exec(request.headers['sec-websocket-protocol'] ?? '')?.[1];
      const header = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1];
      const visit: Visit = {
        number: this.visits.length + 1,
        at: performance.now(),
        token: header ?? bearer ?? searchParams.get('access_token') ?? undefined,
        asked: [],
        closeCode: undefined,
        say: (frame) => socket.send(JSON.stringify(frame)),
        refuse: (code, closeCode, more = {}) => {
          visit.say({ type: 'error', code, message: `a test of ${code}`, fatal: true, ...more });
          socket.close(closeCode);
        },
        socket,
      };
      this.visits.push(visit);
      socket.on('message', (data) => {
        const frame = JSON.parse((data as Buffer).toString()) as Frame;
        visit.asked.push(frame);
        this.onFrame(visit, frame);
      });
      socket.on('close', (code) => {
        visit.closeCode = code;
      });
      this.onVisit(visit);
    });
  }

  static async open(): Promise<Stage> {
    const server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      handleProtocols: (offered) => (offered.has('presence.v1') ? 'presence.v1' : false),
    });
    await once(server, 'listening');
    return new Stage(server);
  }

  /** Starts the client; it is ended with the stage. */
  start(command: readonly string[]): void {
    const { port } = this.#server.address() as AddressInfo;
    const [program = '', ...args] = command;
    const client = spawn(program, args, {
      env: {
        ...process.env,
        PRESENCE_URL: `ws://127.0.0.1:${port}/v1/presence`,
        PRESENCE_TOKEN: TOKEN,
        PRESENCE_WEDDING: WEDDING,
        PRESENCE_STATUS: STATUS,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#client = client;
    let text = '';
    client.stdout?.on('data', (chunk: Buffer) => {
      const lines = (text + chunk.toString()).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('{')) this.views.push(JSON.parse(line) as View);
    });
    client.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    client.on('error', (error) => (this.#stderr += String(error)));
  }

  welcome(visit: Visit): void {
    visit.say({
      type: 'welcome',
      protocol: 1,
      connection: `c${visit.number}`,
      user: 'ann',
      role: 'other',
      weddings: [WEDDING],
      heartbeatMs: this.heartbeatMs,
      maxFrameBytes: 16_384,
      expiresAt: Date.now() + 3_600_000,
      laterField: { of: 'a newer server' },
    });
  }

  answer(visit: Visit, frame: Frame): void {
    const { id, wedding } = frame;
    if (frame.type === 'ping') visit.say({ type: 'pong', id });
    else if (frame.type === 'join' || frame.type === 'snapshot')
      visit.say({ type: 'snapshot', id, wedding, epoch: this.epoch, seq: this.seq, members: this.members });
    else visit.say({ type: 'ack', id, wedding, epoch: this.epoch, seq: this.seq });
  }

  /** A diff of the wedding that sets `bob` to a status. */
  diff(visit: Visit, prev: number, seq: number, status: string, epoch = this.epoch): void {
    const changes = [{ op: 'set', member: member('bob', status) }];
    visit.say({ type: 'diff', wedding: WEDDING, epoch, prev, seq, changes });
  }

  /** The connection of this number, once it has asked for this. */
  async visit(number: number, asked?: string, withinMs = WITHIN_MS): Promise<Visit> {
    await this.until(
      () => {
        const visit = this.visits[number - 1];
        return visit !== undefined && (asked === undefined || visit.asked.some(({ type }) => type === asked));
      },
      `connection ${number}${asked === undefined ? '' : ` with a ${asked}`}`,
      withinMs,
    );
    return this.visits[number - 1] as Visit;
  }

  /** Waits until the client shows this status of bob at this number. */
  async shown(status: string, seq: number): Promise<void> {
    await this.until(() => {
      const view = this.views.at(-1);
      return view?.seq === seq && view.members.bob === status;
    }, `the view with bob "${status}" at ${seq}`);
  }

  async until(holds: () => boolean, what: string, withinMs = WITHIN_MS): Promise<void> {
    const giveUpAt = Date.now() + withinMs;
    while (!holds()) {
      if (Date.now() > giveUpAt) {
        const seen = { last: this.views.at(-1), asked: this.visits.map(({ asked }) => asked.slice(-4)) };
        throw new BrokenPromise(
          `${what} did not come within ${withinMs} ms; seen: ${JSON.stringify(seen)} ${this.#stderr.slice(-500)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async close(): Promise<void> {
    this.#client?.kill('SIGKILL');
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((closed) => this.#server.close(closed));
  }
}
