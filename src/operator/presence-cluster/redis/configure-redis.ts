import { BUS_PARAMETER, configDifference } from '../../../domain/topology/live-config.ts';
import type { ObservedTopology } from '../../../domain/topology/observed.ts';
import { reachableNodes } from '../../../domain/topology/observed.ts';
import type { RunningConfig } from '../../redis/server-config.ts';
import type { Pass } from '../plan/pass.ts';
import type { RedisTools } from './maintain-redis.ts';

/** Parameters by what brings them in order; sorted. */
export interface ConfigStatus {
  readonly live: string[];
  readonly needsRoll: string[];
}

/** In which parameters some server differs from what it should have. */
export function configStatus({ observed, desired }: Pick<Pass, 'observed' | 'desired'>): ConfigStatus {
  const differences = [...(observed.runningConfig ?? new Map()).values()].map((running) =>
    configDifference(desired.redisConfig, running),
  );
  const names = (list: readonly string[]) => [...new Set(list)].sort();
  return {
    live: names(differences.flatMap(({ live }) => live.map(([name]) => name))),
    needsRoll: names(differences.flatMap(({ needsRoll }) => needsRoll)),
  };
}

/**
 * Sets on running servers what they take without a restart. Waits for a freeze to end, as every change of what runs; what
 * restarts has it from its file. A server that restarted with an older file is brought to the bus of the others in a freeze, too:
 * without that they do not hear it.
 */
export async function configureRedis(
  { admin, announcer }: Pick<RedisTools, 'admin' | 'announcer'>,
  { observed, desired, decision }: Pass,
): Promise<void> {
  const { runningConfig, topology, cluster } = observed;
  if (runningConfig === undefined) return;
  const { active } = decision.rollouts;
  if (active && !isBusDivided(runningConfig)) return;
  const done = await Promise.all(
    targets(runningConfig, topology, active ? busOf(desired.redisConfig) : desired.redisConfig).map(
      async ({ pod, address, live }) => {
        try {
          await admin.execute(address, ['CONFIG', 'SET', ...live.flat()]);
          return live.map((pair) => pair.join(' '));
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          announcer.event(cluster, 'RedisStepFailed', `while configuring ${pod}: ${message}`);
          return [];
        }
      },
    ),
  );
  const settings = [...new Set(done.flat())];
  if (settings.length === 0) return;
  announcer.event(cluster, 'RedisConfigured', `set on running servers: ${settings.join(', ')}`);
}

function busOf(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith(`${BUS_PARAMETER} `));
}

function isBusDivided(running: RunningConfig): boolean {
  return new Set([...running.values()].map((config) => config[BUS_PARAMETER])).size > 1;
}

function targets(running: RunningConfig, topology: ObservedTopology, lines: readonly string[]) {
  return reachableNodes(topology).flatMap(({ pod, address }) => {
    const { live } = configDifference(lines, running.get(pod) ?? {});
    return live.length === 0 ? [] : [{ pod, address, live }];
  });
}
