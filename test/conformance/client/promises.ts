import { setTimeout as delay } from 'node:timers/promises';
import { OwnStalls } from '../../support/own-stalls.ts';
import { equals, holds } from '../expect.ts';
import type { Frame } from '../peer.ts';
import { member, STATUS, type Stage, TOKEN, type Visit, WEDDING } from './stage.ts';

/** One sentence of docs/protocol.md that a client can be held to over a socket. */
export interface ClientPromise {
  readonly id: string;
  readonly promise: string;
  /** Before the client starts. */
  readonly prepare?: (stage: Stage) => void;
  readonly check: (stage: Stage) => Promise<void>;
}

/** A hint that a client can be seen to wait for. */
const HINT_MS = 700;
const REFUSALS = 3;
/** Long enough to see that a client does not connect again by itself. */
const STILL_MS = 2_000;

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  join: ['type', 'id', 'wedding', 'status', 'data', 'resume', 'since'],
  update: ['type', 'id', 'wedding', 'status', 'data'],
  leave: ['type', 'id', 'wedding'],
  snapshot: ['type', 'id', 'wedding'],
  ping: ['type', 'id'],
};

const joinOf = (visit: Visit): Frame => visit.asked.find(({ type }) => type === 'join') as Frame;

async function joined(stage: Stage): Promise<Visit> {
  const visit = await stage.visit(1, 'join');
  await stage.shown('here', 10);
  return visit;
}

/** What a client does with what a server says. */
export const CLIENT_PROMISES: readonly ClientPromise[] = [
  {
    id: 'client-token',
    promise: 'A client gives its token in the header, the subprotocol or the query.',
    check: async (stage) => equals((await stage.visit(1)).token, TOKEN, 'the token'),
  },
  {
    id: 'client-join',
    promise: 'A client joins with what it shows, in messages that have the fields of the page and no others.',
    check: async (stage) => {
      const visit = await joined(stage);
      const { wedding, status } = joinOf(visit);
      equals([wedding, status], [WEDDING, STATUS], 'the join');
      for (const frame of visit.asked) {
        const known = FIELDS[frame.type] ?? [];
        const unknown = Object.keys(frame).filter((field) => !known.includes(field));
        equals(unknown, [], `unknown fields in ${frame.type}`);
      }
    },
  },
  {
    id: 'client-ignores-unknown',
    promise: 'A client ignores fields, types of messages and codes that it does not know.',
    check: async (stage) => {
      const visit = await joined(stage);
      visit.say({ type: 'weather', wedding: WEDDING, rain: true });
      visit.say({ type: 'error', code: 'of_a_newer_server', message: '', fatal: false });
      visit.say({
        type: 'diff',
        wedding: WEDDING,
        epoch: 'e1',
        prev: 10,
        seq: 11,
        mood: 'good',
        changes: [{ op: 'set', member: { ...member('bob', 'still'), shoes: 'brown' } }],
      });
      await stage.shown('still', 11);
      equals(stage.visits.length, 1, 'connections');
    },
  },
  {
    id: 'client-diff-rule',
    promise:
      'A client ignores a diff that it has, and applies one that begins before its number and ends after it.',
    check: async (stage) => {
      const visit = await joined(stage);
      stage.diff(visit, 8, 10, 'old');
      stage.diff(visit, 7, 12, 'new');
      await stage.shown('new', 12);
      holds(!stage.views.some(({ members }) => members.bob === 'old'), 'the old diff was not shown');
    },
  },
  {
    id: 'client-leave-in-diff',
    promise: 'A client takes a member away that a diff says has left.',
    check: async (stage) => {
      const visit = await joined(stage);
      const changes = [
        { op: 'leave', user: 'bob', reason: 'left' },
        { op: 'set', member: member('eve') },
      ];
      visit.say({ type: 'diff', wedding: WEDDING, epoch: 'e1', prev: 10, seq: 11, changes });
      await stage.until(() => stage.views.at(-1)?.seq === 11, 'the diff');
      equals(Object.keys(stage.views.at(-1)?.members ?? {}), ['eve'], 'the members');
    },
  },
  {
    id: 'client-gap',
    promise: 'After a gap a client asks for a snapshot, and applies no diff before the answer.',
    check: async (stage) => {
      let asked: Frame | undefined;
      const answer = stage.onFrame;
      stage.onFrame = (visit, frame) => {
        if (frame.type === 'snapshot') asked ??= frame;
        else answer(visit, frame);
      };
      const visit = await joined(stage);
      stage.diff(visit, 12, 13, 'beyond the gap');
      await stage.until(() => asked !== undefined, 'a request for a snapshot');
      stage.diff(visit, 13, 14, 'further');
      visit.say({
        type: 'snapshot',
        id: asked?.id,
        wedding: WEDDING,
        epoch: 'e1',
        seq: 14,
        members: [member('bob', 'whole')],
      });
      await stage.shown('whole', 14);
      stage.diff(visit, 14, 15, 'after');
      await stage.shown('after', 15);
      equals(
        stage.views.map(({ seq }) => seq).filter((seq) => seq === 13),
        [],
        'views within the gap',
      );
    },
  },
  {
    id: 'client-other-epoch',
    promise: 'A diff of another epoch is a gap, whatever its numbers are.',
    check: async (stage) => {
      const visit = await joined(stage);
      stage.epoch = 'e2';
      stage.seq = 3;
      stage.members = [member('bob', 'in the new epoch')];
      stage.diff(visit, 10, 11, 'of another epoch', 'e2');
      await stage.visit(1, 'snapshot');
      await stage.shown('in the new epoch', 3);
    },
  },
  {
    id: 'client-snapshot-unasked',
    promise: 'A snapshot that comes without being asked for replaces everything.',
    check: async (stage) => {
      const visit = await joined(stage);
      visit.say({ type: 'snapshot', wedding: WEDDING, epoch: 'e9', seq: 2, members: [member('eve')] });
      await stage.until(() => stage.views.at(-1)?.epoch === 'e9', 'the snapshot');
      equals(stage.views.at(-1)?.members, { eve: null }, 'the members');
    },
  },
  {
    id: 'client-silence',
    promise:
      'A client that hears nothing for `heartbeatMs` sends `ping`; when nothing comes for that time again, it connects again.',
    prepare: (stage) => {
      stage.heartbeatMs = 400;
    },
    check: async (stage) => {
      const answer = stage.onFrame;
      stage.onFrame = (visit, frame) => {
        if (frame.type !== 'ping' || visit.number > 1) answer(visit, frame);
      };
      await joined(stage);
      await stage.visit(1, 'ping');
      await stage.visit(2, 'join');
    },
  },
  {
    id: 'client-answered-ping',
    promise: 'A client whose `ping` is answered stays connected.',
    prepare: (stage) => {
      // A pong of a busy machine is in time.
      stage.heartbeatMs = 2_500;
    },
    check: async (stage) => {
      await joined(stage);
      const pings = (visit: Visit): number => visit.asked.filter(({ type }) => type === 'ping').length;
      for (;;) {
        const stalls = new OwnStalls();
        const visit = stage.visits.at(-1) as Visit;
        const isOver = (): boolean => stage.visits.at(-1) !== visit;
        // The third comes on a connection that outlived two: a client may give up after two that were not answered.
        await stage.until(() => pings(visit) > 2 || isOver(), 'three pings');
        stalls.stop();
        if (!isOver()) return;
        // What stands still, as a whole machine may for a moment, answers no ping.
        holds(stalls.ms > stage.heartbeatMs / 2, 'the client stays connected', stage.visits.length);
      }
    },
  },
  {
    id: 'client-reconnects',
    promise:
      'A client whose connection is lost waits, connects again, and joins with its status and with `resume`.',
    check: async (stage) => {
      const visit = await joined(stage);
      const lostAt = performance.now();
      visit.socket.terminate();
      const next = await stage.visit(2, 'join');
      const { status, resume, since } = joinOf(next) as Frame & { since?: { seq: number } };
      equals([status, resume], [STATUS, 'c1'], 'the join');
      holds(since === undefined || since.seq === 10, 'since is what it holds', since);
      holds(next.at - lostAt > 50, 'there was a wait', next.at - lostAt);
    },
  },
  {
    id: 'client-resumes-the-last-member',
    promise: 'A client resumes the last connection whose join was answered, not one that never was a member.',
    check: async (stage) => {
      const answer = stage.onFrame;
      stage.onFrame = (visit, frame) => {
        if (visit.number === 2 && frame.type === 'join') visit.socket.terminate();
        else answer(visit, frame);
      };
      (await joined(stage)).socket.terminate();
      equals(joinOf(await stage.visit(3, 'join')).resume, 'c1', 'resume');
    },
  },
  {
    id: 'client-refused-for-now',
    promise: 'A client that is refused with `retryAfterMs` does not connect before.',
    prepare: (stage) => {
      const welcome = stage.onVisit;
      // Several times: on a busy machine a client that does not wait may come late once.
      stage.onVisit = (visit) =>
        visit.number <= REFUSALS
          ? visit.refuse('over_capacity', 4503, { retryAfterMs: HINT_MS })
          : welcome(visit);
    },
    check: async (stage) => {
      await stage.visit(REFUSALS + 1, 'join');
      const waits = stage.visits.slice(1).map(({ at }, index) => at - (stage.visits[index]?.at ?? 0));
      holds(
        waits.every((ms) => ms >= HINT_MS),
        'it waited',
        waits,
      );
    },
  },
  {
    id: 'client-join-again',
    promise:
      'A client whose join is refused with `retryAfterMs` joins again after it, on the same connection.',
    prepare: (stage) => {
      let refused = 0;
      const answer = stage.onFrame;
      stage.onFrame = (visit, frame) => {
        if (frame.type !== 'join' || ++refused > 1) answer(visit, frame);
        else
          visit.say({
            type: 'error',
            code: 'unavailable',
            message: '',
            fatal: false,
            id: frame.id,
            wedding: WEDDING,
            retryAfterMs: HINT_MS,
          });
      };
    },
    check: async (stage) => {
      const began = performance.now();
      const visit = await joined(stage);
      equals(
        [visit.asked.filter(({ type }) => type === 'join').length, stage.visits.length],
        [2, 1],
        'joins and connections',
      );
      holds(performance.now() - began >= HINT_MS * 0.9, 'it waited');
    },
  },
  {
    id: 'client-gives-up',
    promise: 'After a code without retry a client does not connect again by itself.',
    prepare: (stage) => {
      stage.onVisit = (visit) => visit.refuse('unauthorized', 4401);
    },
    check: async (stage) => {
      await stage.visit(1);
      await delay(STILL_MS);
      equals(stage.visits.length, 1, 'connections');
    },
  },
  {
    id: 'client-drain',
    promise:
      'On `drain` a client joins on a new connection with `resume`, and closes the old one after the answer.',
    check: async (stage) => {
      const answer = stage.onFrame;
      let openAtJoin: boolean | undefined;
      stage.onFrame = (visit, frame) => {
        if (visit.number === 2 && frame.type === 'join')
          openAtJoin = stage.visits[0]?.closeCode === undefined;
        answer(visit, frame);
      };
      const old = await joined(stage);
      old.say({ type: 'drain', deadlineMs: 10_000 });
      equals(joinOf(await stage.visit(2, 'join')).resume, 'c1', 'resume');
      await stage.until(() => old.closeCode !== undefined, 'the end of the old connection');
      equals(openAtJoin, true, 'the old connection was open at the join');
      stage.diff(stage.visits[1] as Visit, 10, 11, 'on the new one');
      await stage.shown('on the new one', 11);
    },
  },
  {
    id: 'client-new-connection-counts',
    promise: 'From the join on the new connection on, diffs and snapshots of the old one are dropped.',
    check: async (stage) => {
      const answer = stage.onFrame;
      stage.onFrame = (visit, frame) => {
        if (visit.number === 1 || frame.type !== 'join') {
          answer(visit, frame);
          return;
        }
        stage.diff(stage.visits[0] as Visit, 10, 40, 'of the old connection');
        setTimeout(() => answer(visit, frame), HINT_MS / 2);
      };
      const old = await joined(stage);
      stage.seq = 20;
      stage.members = [member('bob', 'of the new connection')];
      old.say({ type: 'drain', deadlineMs: 10_000 });
      await stage.shown('of the new connection', 20);
      equals(
        stage.views.filter(({ seq }) => seq === 40),
        [],
        'views of the old connection',
      );
    },
  },
  {
    id: 'client-early-end-of-drain',
    promise:
      'When the new connection ends before the answer, the client tries again and does not lose its entry.',
    check: async (stage) => {
      const answer = stage.onFrame;
      stage.onFrame = (visit, frame) => {
        if (visit.number === 2 && frame.type === 'join') visit.socket.terminate();
        else answer(visit, frame);
      };
      const old = await joined(stage);
      old.say({ type: 'drain', deadlineMs: 10_000 });
      equals(joinOf(await stage.visit(3, 'join')).resume, 'c1', 'resume');
    },
  },
];
