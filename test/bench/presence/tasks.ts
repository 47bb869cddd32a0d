import { measureCaches } from './caches.ts';
import { measureCapacity } from './capacity.ts';
import { splitCpus } from './cpus.ts';
import { type Fault, measureFaults } from './faults.ts';
import { measureIdle } from './idle.ts';
import type { Task } from './plan.ts';
import type { Profile } from './profiles.ts';
import type { Programs } from './programs.ts';
import { measureRedisDeath, RedisUnderFire } from './redis-death.ts';
import type { RowName } from './rows.ts';
import type { Stack } from './stacks.ts';
import { measureSteady } from './steady.ts';

export interface Common {
  readonly programs: Programs;
  readonly secret: string;
  readonly valkeyServer: readonly string[];
  readonly say: (text: string) => void;
}

const FAULTS: readonly Fault[] = ['storm', 'roll', 'kill'];
const STORM_JOINS = 50;

/** What is to be done for some rows, in the order in which it is done. */
export function tasksOf(
  rows: readonly RowName[],
  stacks: readonly Stack[],
  profile: Profile,
  common: Common,
): Task[] {
  const tasks: Task[] = [];
  if (rows.includes('steady')) tasks.push(...steadyTasks(stacks, profile, common));
  const faults = FAULTS.filter((fault) => rows.includes(fault));
  const overloaded = rows.includes('capacity') || rows.includes('lanes');
  for (const stack of faults.length > 0 ? stacks : []) {
    const options = { ...common, ...profile.faults, faults, stormJoins: STORM_JOINS };
    tasks.push({ name: `${stack.name}: ${faults.join(', ')}`, run: () => measureFaults(stack, options) });
  }
  const split = splitCpus();
  for (const stack of overloaded ? stacks : []) {
    const options = { ...common, ...profile.capacity, split };
    const name = `${stack.name}: capacity and lanes, at most ${2 * options.tries + 1} loads of ${options.warmupSeconds + options.seconds} s`;
    tasks.push({ name, run: () => measureCapacity(stack, options) });
  }
  if (rows.includes('redis')) tasks.push(...redisTasks(stacks, profile, common));
  for (const stack of rows.includes('idle') ? stacks : []) {
    const name = `${stack.name}: ${profile.idle.counts.join(' and ')} idle connections`;
    tasks.push({ name, run: () => measureIdle(stack, { ...common, ...profile.idle }) });
  }
  const ours = stacks.find(({ name }) => name === 'ours');
  if (rows.includes('caches') && ours !== undefined)
    tasks.push({
      name: 'ours: hits of the caches',
      run: async () => [await measureCaches(ours, { ...common, ...profile.caches })],
    });
  return tasks;
}

function steadyTasks(stacks: readonly Stack[], profile: Profile, common: Common): Task[] {
  return Array.from({ length: profile.rounds }, (_, index) => index + 1).flatMap((round) =>
    // Another one first each time: who is measured first may find a cooler machine.
    [...stacks.slice(round - 1), ...stacks.slice(0, round - 1)].map((stack) => ({
      name: `${stack.name}: steady load, round ${round} of ${profile.rounds}`,
      run: () => measureSteady(stack, round, { ...common, ...profile }),
    })),
  );
}

/** One cluster for all, with a replica a primary. Ours is measured without the operator too. */
function redisTasks(stacks: readonly Stack[], profile: Profile, common: Common): Task[] {
  const cases = stacks.flatMap(({ name }) =>
    (name === 'ours' ? (['up', 'down'] as const) : (['up'] as const)).map((operator) => ({ name, operator })),
  );
  return cases.map(({ name, operator }) => ({
    name: `${name}: a Redis primary killed, operator ${operator}`,
    run: async () => {
      const redis = await RedisUnderFire.start(common.valkeyServer);
      try {
        return [await measureRedisDeath(redis, name, operator, { ...common, ...profile.redis })];
      } finally {
        await redis.close();
      }
    },
  }));
}
