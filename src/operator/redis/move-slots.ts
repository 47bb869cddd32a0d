import { slotsOf } from '../../domain/topology/slots.ts';
import type { MoveSlotsStep } from '../../domain/topology/step.ts';
import type { RedisAdmin, RedisEndpoint } from '../../platform/redis/admin.ts';
import type { Clock } from '../../platform/runtime/clock.ts';

export interface MoveTools {
  readonly admin: RedisAdmin;
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
}

/** Longest time that one reconcile moves slots; the next one plans the rest from the state at that time. */
const PASS_MS = 3_000;
const LOOK_AT_JOB_MS = 50;
/** MIGRATE of a key of this size stops both servers for about 0.2 s, and one ten times as big long enough to be considered dead. */
export const MAX_KEY_BYTES = 20 * 1024 * 1024;
const KEYS_AT_ONCE = 100;
const MIGRATE_TIMEOUT_MS = 5_000;
/** MEMORY USAGE looks at so many elements of a collection. */
const SAMPLES = 5;

/** A key that would stop both servers for too long while it is moved. */
export class KeyTooBig extends Error {
  override readonly name = 'KeyTooBig';
  readonly slot: number;

  constructor({ key, slot, pod, bytes }: { key: string; slot: number; pod: string; bytes: number }) {
    super(
      `the key ${JSON.stringify(key)} of slot ${slot} on ${pod} has ${bytes} bytes, too many to be moved without a stop; make it smaller first`,
    );
    this.slot = slot;
  }
}

/**
 * Moves the slots of the step with their keys, or goes on with a move that has begun. Returns early, and without an
 * error, when there is more to do than one reconcile may take.
 * @throws RedisAdminError, KeyTooBig, or Error when the server gave the move up.
 */
export async function moveSlots(
  tools: MoveTools,
  step: MoveSlotsStep,
  source: RedisEndpoint,
  target: RedisEndpoint,
): Promise<void> {
  const deadlineMs = tools.clock.monotonicMs() + PASS_MS;
  if (step.method === 'Atomic') return moveAtomically(tools, step, source, deadlineMs);
  for (const slot of slotsOf(step.slots)) {
    if (tools.clock.monotonicMs() > deadlineMs) return;
    await moveSlot(tools.admin, step, slot, source, target);
  }
}

/** One job at a time: a second one would fight for the same slots, and one that runs is as good as ours. */
async function moveAtomically(
  { admin, clock }: MoveTools,
  step: MoveSlotsStep,
  source: RedisEndpoint,
  deadlineMs: number,
): Promise<void> {
  const isOther = (await exportsOf(admin, source)).some(isRunning);
  if (!isOther) {
    const ranges = step.slots.flatMap(({ start, end }) => [String(start), String(end)]);
    await admin.execute(source, ['CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', ...ranges, 'NODE', step.targetId]);
  }
  while (clock.monotonicMs() < deadlineMs) {
    const jobs = await exportsOf(admin, source);
    if (!jobs.some(isRunning)) {
      const [last] = jobs;
      if (last === undefined || last.state === 'success') return;
      throw new Error(`the slot migration ended as ${last.state}: ${last.message ?? 'no reason given'}`);
    }
    await clock.sleep(LOOK_AT_JOB_MS);
  }
}

/** A row of CLUSTER GETSLOTMIGRATIONS, the newest first. */
type Job = Readonly<Record<string, string>>;

const ENDED = ['success', 'failed', 'canceled', 'cancelled'];

function isRunning({ state = '' }: Job): boolean {
  return !ENDED.includes(state);
}

async function exportsOf(admin: RedisAdmin, source: RedisEndpoint): Promise<Job[]> {
  const reply = await admin.execute(source, ['CLUSTER', 'GETSLOTMIGRATIONS']);
  const rows = Array.isArray(reply) ? reply.filter(Array.isArray) : [];
  return rows.map(toJob).filter(({ operation }) => operation?.toUpperCase() === 'EXPORT');
}

/** RESP2 gives names and values in one flat list. */
function toJob(row: readonly unknown[]): Job {
  const pairs = row.flatMap((name, at) => (at % 2 === 0 ? [[String(name), String(row[at + 1])]] : []));
  return Object.fromEntries(pairs) as Job;
}

/** The order of https://valkey.io/commands/cluster-setslot/: every key can be found at all times. */
async function moveSlot(
  admin: RedisAdmin,
  step: MoveSlotsStep,
  slot: number,
  source: RedisEndpoint,
  target: RedisEndpoint,
): Promise<void> {
  const set = (at: RedisEndpoint, ...what: string[]) =>
    admin.execute(at, ['CLUSTER', 'SETSLOT', String(slot), ...what]);
  await refuseBigKeys(admin, slot, step.pod, source);
  await set(target, 'IMPORTING', step.sourceId);
  await set(source, 'MIGRATING', step.targetId);
  await moveKeys(admin, slot, step.pod, source, target);
  await set(target, 'NODE', step.targetId);
  await set(source, 'NODE', step.targetId);
}

async function refuseBigKeys(
  admin: RedisAdmin,
  slot: number,
  pod: string,
  source: RedisEndpoint,
): Promise<void> {
  const count = Number(await admin.execute(source, ['CLUSTER', 'COUNTKEYSINSLOT', String(slot)]));
  if (count === 0) return;
  const keys = await keysIn(admin, slot, count, source);
  for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
    const some = keys.slice(at, at + KEYS_AT_ONCE);
    const sizes = await Promise.all(
      some.map((key) => admin.execute(source, ['MEMORY', 'USAGE', key, 'SAMPLES', String(SAMPLES)])),
    );
    const big = sizes.findIndex((size) => Number(size ?? 0) > MAX_KEY_BYTES);
    if (big >= 0) {
      throw new KeyTooBig({ key: some[big] ?? '', slot, pod, bytes: Number(sizes[big]) });
    }
  }
}

async function moveKeys(
  admin: RedisAdmin,
  slot: number,
  pod: string,
  source: RedisEndpoint,
  target: RedisEndpoint,
): Promise<void> {
  const { username, password } = admin.login;
  const login = password === '' ? [] : ['AUTH2', username, password];
  for (;;) {
    const keys = await keysIn(admin, slot, KEYS_AT_ONCE, source);
    if (keys.length === 0) return;
    // REPLACE: what an interrupted move has left there is no newer than what is here.
    const reply = await admin.execute(source, [
      ...['MIGRATE', target.host, String(target.port), '', '0', String(MIGRATE_TIMEOUT_MS), 'REPLACE'],
      ...[...login, 'KEYS', ...keys],
    ]);
    if (reply !== 'NOKEY') continue;
    const left = new Set(await keysIn(admin, slot, KEYS_AT_ONCE, source));
    const stuck = keys.find((key) => left.has(key));
    if (stuck !== undefined) {
      throw new Error(
        `the key ${JSON.stringify(stuck)} of slot ${slot} on ${pod} cannot be moved: it is no text`,
      );
    }
  }
}

async function keysIn(
  admin: RedisAdmin,
  slot: number,
  most: number,
  source: RedisEndpoint,
): Promise<string[]> {
  const command = ['CLUSTER', 'GETKEYSINSLOT', String(slot), String(most)];
  const reply = await admin.execute(source, command);
  return Array.isArray(reply) ? reply.map(String) : [];
}
