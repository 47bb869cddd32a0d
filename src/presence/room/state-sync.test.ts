import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { metricsAtRest } from '../../../test/support/presence-parts.ts';
import type { ServerMessage } from '../../api/protocol/messages.ts';
import type { Role } from '../../api/protocol/roles.ts';
import type { Entry } from '../../domain/presence-state/entry.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import type { Lane } from '../scheduling/lane.ts';
import {
  type ChangeReceiver,
  type Position,
  type PresenceStore,
  type StateChange,
  type StateSnapshot,
  StoreUnavailable,
} from '../store/store.ts';
import { ROOM_HEARTBEAT_MS } from './heartbeat.ts';
import { Room } from './room.ts';

const entry = (status: string, version: number, role: Role = 'other'): Entry => ({
  user: `user of ${role}`,
  body: { role, status },
  pod: 'another pod',
  state: 'present',
  since: 1,
  updatedAt: version,
  version,
});
const change = (seq: number, role: Role = 'other'): StateChange => ({
  epoch: 'e',
  seq,
  origin: 'another pod 1',
  changes: [{ op: 'set', connection: `c of ${role}`, entry: entry(`at ${seq}`, seq, role) }],
});
const stateAt = (seq: number): StateSnapshot => ({
  epoch: 'e',
  seq,
  entries: new Map([['c of other', entry(`at ${seq}`, seq)]]),
});

/** A room with one subscriber that only watches; snapshots are answered by the test. */
async function setUp() {
  const clock = new ManualClock();
  const channel: { receiver: ChangeReceiver | undefined } = { receiver: undefined };
  const snapshots: PromiseWithResolvers<StateSnapshot>[] = [];
  const tasks: { readonly lane: Lane; readonly run: () => void }[] = [];
  const atOne = async () => ({ epoch: 'e', seq: 1 });
  const beats: { answer: () => Promise<Position> } = { answer: atOne };
  const store: PresenceStore = {
    available: true,
    join: async () => stateAt(1),
    snapshot: () => {
      const answer = Promise.withResolvers<StateSnapshot>();
      snapshots.push(answer);
      return answer.promise;
    },
    subscribe: async (_, receiver) => {
      channel.receiver = receiver;
    },
    enter: atOne,
    update: atOne,
    leave: atOne,
    drop: atOne,
    heartbeat: () => beats.answer(),
    patch: async () => ({ epoch: 'e', seq: 1, changed: [] }),
    history: async () => [],
    expel: async () => ({ epoch: 'e', seq: 1, ended: 0 }),
    unsubscribe: async () => {},
    close: async () => {},
  };
  const room = new Room('w', {
    store,
    clock,
    incarnation: 'me',
    metrics: metricsAtRest(),
    log: silentLogger(),
    random: () => 0.5,
    peers: { publish: () => {} },
    teamOf: () => undefined,
    onIdle: () => {},
    scheduler: { submit: (lane, run) => void tasks.push({ lane, run }) },
  });
  const sent: ServerMessage[] = [];
  const membership = {
    connection: 'watcher',
    user: 'watcher',
    body: { role: 'other' as const },
    graceMs: 1,
  };
  const sink = {
    deliver: ({ text }: { readonly text: string }) => void sent.push(JSON.parse(text) as ServerMessage),
    congested: () => false,
  };
  await room.join({ membership, lean: false, sink }, undefined, {
    id: undefined,
    resumes: true,
    since: undefined,
  });
  sent.length = 0;
  const runTasks = (): void => {
    for (const { run } of tasks.splice(0)) run();
  };
  return { clock, beats, channel, snapshots, tasks, runTasks, room, sent };
}

/** Lets answers take effect. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('StateSync', () => {
  let world: Awaited<ReturnType<typeof setUp>>;
  const receive = (one: StateChange): void => world.channel.receiver?.receive(one);
  const diffs = () =>
    world.sent.flatMap((message) => (message.type === 'diff' ? [[message.prev, message.seq]] : []));

  beforeEach(async () => {
    world = await setUp();
  });

  it('applies changes in the order of the channel, all that wait in one diff', () => {
    for (const seq of [2, 3, 4]) receive(change(seq));
    expect([world.tasks.length, world.sent]).toEqual([1, []]);
    world.runTasks();
    expect(diffs()).toEqual([[1, 4]]);
    expect(world.room.current()).toMatchObject({ seq: 4, members: [{ status: 'at 4' }] });
    world.room.close();
  });

  it('is scheduled again for a more urgent change, which takes the earlier ones along', () => {
    receive(change(2));
    receive(change(3, 'photographer'));
    receive(change(4, 'venue'));
    expect(world.tasks.map(({ lane }) => lane)).toEqual([3, 1]);
    world.tasks[1]?.run();
    expect(world.room.current()?.seq).toBe(4);
    world.tasks[0]?.run();
    expect(diffs()).toHaveLength(1);
    world.room.close();
  });

  it('takes one snapshot for a gap, and then the changes that came meanwhile', async () => {
    receive(change(3));
    world.runTasks();
    receive(change(5));
    receive(change(6));
    world.runTasks();
    expect([world.snapshots.length, diffs(), world.room.current()?.seq]).toEqual([1, [], 1]);
    world.snapshots[0]?.resolve(stateAt(4));
    await turn();
    expect(world.room.current()).toMatchObject({ seq: 6, members: [{ status: 'at 6' }] });
    expect(diffs()).toEqual([
      [1, 4],
      [4, 6],
    ]);
    world.room.close();
  });

  it('queues a bounded number of changes for a snapshot, and takes another one for the rest', async () => {
    receive(change(3));
    world.runTasks();
    for (let seq = 5; seq <= 2_000; seq++) receive(change(seq));
    world.snapshots[0]?.resolve(stateAt(4));
    await turn();
    expect(world.room.current()?.seq).toBe(4 + 1_024);
    receive(change(2_001));
    world.runTasks();
    expect(world.snapshots).toHaveLength(2);
    world.snapshots[1]?.resolve(stateAt(2_001));
    await turn();
    expect(world.room.current()?.seq).toBe(2_001);
    world.room.close();
  });

  it('goes on after a snapshot that failed: the next gap takes another one', async () => {
    receive(change(3));
    world.runTasks();
    world.snapshots[0]?.reject(new Error('away'));
    await turn();
    expect(world.room.current()?.seq).toBe(1);
    receive(change(4));
    world.runTasks();
    expect(world.snapshots).toHaveLength(2);
    world.room.close();
  });

  it('does not take Redis for away when a lost heartbeat is given up after later ones have been answered', async () => {
    const lost = Promise.withResolvers<Position>();
    const { beats, clock, room } = world;
    const { answer } = beats;
    beats.answer = () => lost.promise;
    await clock.advance(ROOM_HEARTBEAT_MS);
    beats.answer = answer;
    await clock.advance(ROOM_HEARTBEAT_MS);
    lost.reject(new StoreUnavailable('no answer within 5000 ms'));
    await turn();
    expect(await room.update('watcher', { role: 'other', status: 'served' })).toEqual({ epoch: 'e', seq: 1 });
    room.close();
  });
});
