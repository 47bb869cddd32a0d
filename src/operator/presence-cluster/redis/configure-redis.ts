import { BUS_PARAMETER, configDifference } from '../../../domain/topology/live-config.ts';
import type { ObservedTopology } from '../../../domain/topology/observed.ts';
import { reachableNodes } from '../../../domain/topology/observed.ts';
import { EVENT_NOTES } from '../../objects/event-notes.ts';
import type { RunningConfig } from '../../redis/server-config.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { StageTools } from '../plan/stage.ts';

/** Parameters by what brings them in order; sorted. */
export interface ConfigStatus {
  readonly live: string[];
  readonly needsRoll: string[];
}

/** In which parameters some server differs from what it should have. */
export function configStatus({
  observed,
  desired,
}: Pick<ReconcilePlan, 'observed' | 'desired'>): ConfigStatus {
  const differences = [...observed.runningConfig.values()].map((running) =>
    configDifference(desired.redisConfig, running),
  );
  const names = (list: readonly string[]) => [...new Set(list)].sort();
  return {
    live: names(differences.flatMap(({ live }) => live.map(([name]) => name))),
    needsRoll: names(differences.flatMap(({ needsRoll }) => needsRoll)),
  };
}

/**
 * A stage: sets on running servers the parameters that can be set without a restart. It waits for a freeze or a pause to end, like every
 * change of running pods; a server that starts reads them from its file. A server that restarted with an older file is brought to the bus of
 * the others in a freeze, too: without that they do not hear it.
 */
export async function configureRedis(
  { observed, desired, decision }: ReconcilePlan,
  { admin, events }: Pick<StageTools, 'admin' | 'events'>,
): Promise<void> {
  const { runningConfig, topology, cluster } = observed;
  const { active } = decision.rolloutHold;
  if (active && !isBusDivided(runningConfig)) return;
  const lines = active ? busOf(desired.redisConfig) : desired.redisConfig;
  const done = await Promise.all(
    targets(runningConfig, topology, lines).map(async ({ pod, address, live }) => {
      try {
        await admin.execute(address, ['CONFIG', 'SET', ...live.flat()]);
        return live.map((pair) => pair.join(' '));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        events.record(cluster, 'RedisStepFailed', EVENT_NOTES.configuringFailed(pod, message));
        return [];
      }
    }),
  );
  const settings = [...new Set(done.flat())];
  if (settings.length === 0) return;
  events.record(cluster, 'RedisConfigured', EVENT_NOTES.configured(settings));
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
