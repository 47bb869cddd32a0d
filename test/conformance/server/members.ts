import { setTimeout as delay } from 'node:timers/promises';
import { equals, holds } from '../expect.ts';
import type { Frame, Peer } from '../peer.ts';
import type { ServerPromise } from '../promise.ts';
import type { World } from '../world.ts';

export const memberOf = (frame: Frame, user: string): Frame | undefined =>
  (frame.members as Frame[]).find((member) => member.user === user);

const BOB = { role: 'other' } as const;
const joinBob = (world: World): Promise<{ readonly peer: Peer; readonly answer: Frame }> =>
  world.join({ user: world.user('bob'), ...BOB });

/** The last that a peer was sent of a user, once it fits. */
async function untilShown(peer: Peer, user: string, fits: (member: Frame) => boolean): Promise<Frame> {
  const last = (): Frame | undefined => peer.changesOf(user).at(-1)?.member;
  await peer.until(() => {
    const member = last();
    return member !== undefined && fits(member);
  }, `a change of ${user}`);
  return last() as Frame;
}

/** Being there, and what is shown of it. */
export const MEMBERS: readonly ServerPromise[] = [
  {
    id: 'join',
    promise:
      'The answer to `join` is a snapshot with its `id`, in which the client is a present member with what it showed.',
    check: async (world) => {
      const { answer } = await world.join({ name: 'Ann' }, { status: 'here', data: { gate: 2 } });
      equals([answer.type, answer.wedding], ['snapshot', world.wedding], 'the answer');
      const { name, role, state, status, data, devices, since, updatedAt } = memberOf(
        answer,
        world.user('ann'),
      ) ?? { type: '' };
      equals(
        { name, role, state, status, data, devices },
        {
          name: 'Ann',
          role: 'photographer',
          state: 'present',
          status: 'here',
          data: { gate: 2 },
          devices: 1,
        },
        'the member',
      );
      holds(Number(since) > 0 && Number(updatedAt) > 0, 'times are numbers', { since, updatedAt });
      holds(typeof answer.epoch === 'string' && Number.isInteger(answer.seq), 'there is a position', answer);
    },
  },
  {
    id: 'join-again',
    promise: 'To join again replaces `status` and `data`; a field that is left out is removed.',
    check: async (world) => {
      const { peer } = await world.join({}, { status: 'here', data: 1 });
      const answer = await peer.ask({ type: 'join', wedding: world.wedding, status: 'there' });
      const member = memberOf(answer, world.user('ann'));
      equals([member?.status, member?.data, member?.devices], ['there', undefined, 1], 'the member');
    },
  },
  {
    id: 'unknown-wedding',
    promise: 'To join a wedding that the token does not name ends the connection: `unknown_wedding`, 4404.',
    check: async (world) => {
      const peer = await world.open();
      const answer = await peer.ask({ type: 'join', wedding: 'of-others' });
      equals([answer.code, answer.fatal, await peer.closed()], ['unknown_wedding', true, 4404], 'the end');
    },
  },
  {
    id: 'update',
    promise:
      'The answer to `update` is an `ack`; others get the whole member in a diff of at least its `seq`.',
    check: async (world) => {
      const { peer: bob } = await joinBob(world);
      const { peer } = await world.join({}, { status: 'here', data: 1 });
      const ack = await peer.ask({ type: 'update', wedding: world.wedding, status: 'there' });
      equals([ack.type, ack.wedding], ['ack', world.wedding], 'the answer');
      const diff = await bob.next((frame) => frame.type === 'diff' && Number(frame.seq) >= Number(ack.seq));
      equals(diff.epoch, ack.epoch, 'the epoch');
      const member = await untilShown(bob, world.user('ann'), ({ status }) => status === 'there');
      equals([member.data, member.role], [1, 'photographer'], 'the rest of the member');
    },
  },
  {
    id: 'update-clears',
    promise:
      'In an `update` what is left out stays, `null` removes, and an empty `status` stays as an empty text.',
    check: async (world) => {
      const { peer } = await world.join({}, { status: 'here', data: { gate: 2 } });
      const after = async (patch: object): Promise<unknown[]> => {
        await peer.ask({ type: 'update', wedding: world.wedding, ...patch });
        const member = memberOf(await peer.snapshot(world.wedding), world.user('ann'));
        return [member?.status, member?.data];
      };
      equals(await after({ data: null }), ['here', undefined], 'without data');
      equals(await after({ status: null }), [undefined, undefined], 'without status');
      equals(await after({ status: '' }), ['', undefined], 'with an empty status');
    },
  },
  {
    id: 'leave',
    promise: 'The answer to `leave` is an `ack`, and others see a leave with the reason `left` at once.',
    check: async (world) => {
      const { peer: bob } = await joinBob(world);
      const { peer } = await world.join();
      equals((await peer.leave(world.wedding)).type, 'ack', 'the answer');
      await bob.until(() => bob.changesOf(world.user('ann')).at(-1)?.op === 'leave', 'the leave');
      equals(bob.changesOf(world.user('ann')).at(-1)?.reason, 'left', 'the reason');
      const again = await peer.ask({ type: 'update', wedding: world.wedding, status: 'x' });
      equals([again.code, again.fatal], ['not_joined', false], 'an update after it');
    },
  },
  {
    id: 'snapshot-request',
    promise: 'The answer to `snapshot` is the whole state, with the `id`.',
    check: async (world) => {
      const { peer: bob } = await joinBob(world);
      await world.join();
      await untilShown(bob, world.user('ann'), ({ state }) => state === 'present');
      const answer = await bob.snapshot(world.wedding);
      equals(
        (answer.members as Frame[]).map(({ user }) => String(user)).toSorted(),
        [world.user('ann'), world.user('bob')],
        'users',
      );
    },
  },
  {
    id: 'order',
    promise: 'Messages of one connection are handled in their order, without waiting for answers.',
    check: async (world) => {
      const { peer } = await world.join();
      /** Their answers, in the order in which they came. */
      const answers = async (round: number): Promise<Frame[]> => {
        const ids = ['1', '2', '3'].map((status) => `${round}-${status}`);
        for (const id of ids) peer.send({ type: 'update', id, wedding: world.wedding, status: id.slice(-1) });
        const own = (): Frame[] => peer.frames.filter(({ id }) => ids.includes(String(id)));
        await peer.until(() => own().length === ids.length, 'the answers');
        return own();
      };
      let last = await answers(0);
      // While Redis does not confirm, some are refused for now.
      for (let round = 1; last.some(({ code }) => code === 'unavailable'); round++) {
        await delay(Number(last.find(({ code }) => code === 'unavailable')?.retryAfterMs));
        last = await answers(round);
      }
      equals(
        last.map(({ type, id }) => `${type} ${String(id).slice(-1)}`),
        ['ack 1', 'ack 2', 'ack 3'],
        'the answers',
      );
      const answer = await peer.snapshot(world.wedding);
      equals(memberOf(answer, world.user('ann'))?.status, '3', 'the last status');
    },
  },
  {
    id: 'diffs-lead-to-the-snapshot',
    promise: 'A client that applies diffs by the rule holds what a snapshot of the same position has.',
    check: async (world) => {
      const { peer: bob, answer } = await joinBob(world);
      const { peer } = await world.join();
      for (const status of ['a', 'b', 'c'])
        await peer.ask({ type: 'update', wedding: world.wedding, status });
      await peer.leave(world.wedding);
      const whole = await bob.snapshot(world.wedding);
      await bob.until(
        () => bob.frames.some(({ type, seq }) => type === 'diff' && Number(seq) >= Number(whole.seq)),
        'the last diff',
      );
      const members = new Map((answer.members as Frame[]).map((member) => [member.user, member]));
      let { seq } = answer;
      for (const diff of bob.frames.filter(({ type }) => type === 'diff')) {
        holds(Number(diff.prev) <= Number(seq), 'there is no gap on one connection', diff);
        if (Number(diff.seq) <= Number(seq) || Number(diff.seq) > Number(whole.seq)) continue;
        for (const change of diff.changes as { op: string; user?: string; member?: Frame }[]) {
          if (change.member === undefined) members.delete(change.user);
          else members.set(change.member.user, change.member);
        }
        seq = diff.seq;
      }
      equals([...members.values()], whole.members, 'the members');
    },
  },
  {
    id: 'since',
    promise: 'A `join` with `since` is answered with a diff from there, or with a snapshot; never with less.',
    check: async (world) => {
      const { peer: bob, answer } = await joinBob(world);
      const { peer } = await world.join();
      const ack = await peer.ask({ type: 'update', wedding: world.wedding, status: 'later' });
      const { epoch, seq } = answer;
      const next = await world.open({ user: world.user('bob'), ...BOB });
      const again = await next.ask({
        type: 'join',
        wedding: world.wedding,
        since: { epoch, seq },
        resume: bob.frames[0]?.connection,
      });
      holds(again.type === 'diff' || again.type === 'snapshot', 'the answer', again);
      if (again.type === 'diff') holds(Number(again.prev) <= Number(seq), 'it begins there', again);
      holds(Number(again.seq) >= Number(ack.seq), 'it has the update', again);
    },
  },
  {
    id: 'resume',
    promise:
      'A `join` with `resume` replaces the old connection without a change for others, keeps `since`, and the old one gets `replaced`.',
    check: async (world) => {
      const { peer: bob } = await joinBob(world);
      const { peer: old, answer } = await world.join({}, { status: 'here' });
      await untilShown(bob, world.user('ann'), () => true);
      const next = await world.open();
      const again = await next.ask({
        type: 'join',
        wedding: world.wedding,
        status: 'here',
        resume: old.frames[0]?.connection,
      });
      const [before, after] = [answer, again].map((frame) => memberOf(frame, world.user('ann')));
      equals([after?.since, after?.devices, after?.state], [before?.since, 1, 'present'], 'the member');
      const error = await old.next(({ code }) => code === 'replaced');
      equals([error.wedding, error.fatal], [world.wedding, false], 'the error');
      await old.close();
      await bob.snapshot(world.wedding);
      const states = bob.changesOf(world.user('ann')).map(({ op, member }) => member?.state ?? op);
      equals([...new Set(states)], ['present'], 'the states that others saw');
    },
  },
  {
    id: 'resume-unknown',
    promise: 'A `resume` that is unknown, or of another person, is ignored.',
    check: async (world) => {
      const { peer: bob } = await joinBob(world);
      const { answer } = await world.join({}, { resume: bob.frames[0]?.connection });
      equals(answer.type, 'snapshot', 'the answer');
      const users = (answer.members as Frame[])
        .map(({ user, devices }) => `${String(user)} ${String(devices)}`)
        .toSorted();
      equals(users, [`${world.user('ann')} 1`, `${world.user('bob')} 1`], 'the members');
      await world.join({ user: world.user('eve') }, { resume: 'of-no-connection' });
    },
  },
  {
    id: 'reconnecting',
    promise:
      'A connection that is closed without `leave` makes its person `reconnecting` with the reason `closed` and no devices.',
    check: async (world) => {
      const { peer: bob } = await joinBob(world);
      const { peer } = await world.join({}, { status: 'here' });
      await peer.close();
      const member = await untilShown(bob, world.user('ann'), ({ state }) => state === 'reconnecting');
      equals([member.reason, member.devices, member.status], ['closed', 0, 'here'], 'the member');
    },
  },
  {
    id: 'leave-then-close',
    promise:
      'What came before the end of a connection counts: a `leave` and a close right after it are a leave.',
    check: async (world) => {
      const { peer: bob } = await joinBob(world);
      const { peer } = await world.join();
      // Changes that come at once may be one.
      await untilShown(bob, world.user('ann'), ({ state }) => state === 'present');
      peer.send({ type: 'leave', wedding: world.wedding });
      await peer.close();
      await bob.until(() => bob.changesOf(world.user('ann')).at(-1)?.op === 'leave', 'the leave');
      equals(
        bob.changesOf(world.user('ann')).map(({ op, reason, member }) => reason ?? member?.state ?? op),
        ['present', 'left'],
        'what others saw',
      );
    },
  },
  {
    id: 'back-in-time',
    promise:
      'A person who comes back within the grace period was never gone: `present` again, with the same `since`.',
    check: async (world) => {
      const { peer: bob } = await joinBob(world);
      const { peer, answer } = await world.join();
      await peer.close();
      await untilShown(bob, world.user('ann'), ({ state }) => state === 'reconnecting');
      const { answer: again } = await world.join();
      equals(memberOf(again, world.user('ann'))?.since, memberOf(answer, world.user('ann'))?.since, 'since');
      await untilShown(bob, world.user('ann'), ({ state }) => state === 'present');
      holds(
        bob.changesOf(world.user('ann')).every(({ op }) => op === 'set'),
        'there was no leave',
      );
    },
  },
  {
    id: 'grace-ends',
    promise: 'When the grace period is over others see one leave, with the reason of the loss.',
    check: async (world) => {
      const { peer } = await world.join();
      const { peer: bob } = await joinBob(world);
      await untilShown(peer, world.user('bob'), ({ state }) => state === 'present');
      await bob.close();
      await peer.until(() => peer.changesOf(world.user('bob')).at(-1)?.op === 'leave', 'the leave', 90_000);
      equals(
        peer.changesOf(world.user('bob')).map(({ op, reason, member }) => reason ?? member?.state ?? op),
        ['present', 'reconnecting', 'closed'],
        'what others saw',
      );
    },
  },
  {
    id: 'devices',
    promise:
      'A member is one person on any number of devices, with the `status` of the one that was updated last, also while that one reconnects.',
    check: async (world) => {
      const { peer: phone } = await world.join({}, { status: 'phone' });
      const { peer: laptop, answer } = await world.join({}, { status: 'laptop' });
      const own = (frame: Frame): unknown[] => [
        memberOf(frame, world.user('ann'))?.devices,
        memberOf(frame, world.user('ann'))?.status,
      ];
      equals(own(answer), [2, 'laptop'], 'two devices');
      const after = async (ack: Frame): Promise<unknown[]> => own(await laptop.snapshot(world.wedding, ack));
      const update = (status: string): Promise<Frame> =>
        phone.ask({ type: 'update', wedding: world.wedding, status });
      const showsDevices = (count: number): Promise<Frame> =>
        untilShown(laptop, world.user('ann'), ({ devices }) => devices === count);
      equals(await after(await update('phone again')), [2, 'phone again'], 'after an update');
      const { peer: tablet } = await world.join({}, { status: 'tablet' });
      await showsDevices(3);
      await tablet.close();
      await showsDevices(2);
      equals(own(await laptop.snapshot(world.wedding)), [2, 'tablet'], 'while the last one reconnects');
      equals(await after(await update('phone at last')), [2, 'phone at last'], 'after a later update');
      equals(await after(await phone.leave(world.wedding)), [1, 'tablet'], 'after a leave');
    },
  },
  {
    id: 'lean-members',
    promise: 'With `members=lean` members are arrays that mean the same as the objects.',
    check: async (world) => {
      const { answer } = await world.join({ name: 'Ann' }, { status: 'here' });
      const whole = memberOf(answer, world.user('ann')) as Frame;
      const lean = await world.open({ user: world.user('bob') }, { members: 'lean' });
      const snapshot = await lean.ask({ type: 'join', wedding: world.wedding });
      const [user, role, since, rest = {}] =
        (snapshot.members as unknown as [string, string, number, object?][]).find(
          ([name]) => name === world.user('ann'),
        ) ?? [];
      equals(
        { user, role, since, state: 'present', updatedAt: since, devices: 1, ...rest },
        { ...whole },
        'the member',
      );
    },
  },
];
