import type { KubeClient } from '../../platform/kube/client.ts';
import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import type { LeaderTask } from '../../platform/runtime/manager.ts';
import type { Logger } from '../../platform/telemetry/log.ts';

export interface SweepNamespacesOptions {
  client: KubeClient;
  /** All that write annotations of Namespaces. */
  sweepers: readonly { sweep(found: KubeObject, signal: AbortSignal): Promise<void> }[];
  /** Empty: all namespaces. */
  namespaces: readonly string[];
  clock: Clock;
  log: Logger;
}

/** An API server in trouble is asked again after this time. */
const TRY_AGAIN_MS = 60_000;
/** A restored backup, or a Namespace that a person makes with annotations by hand, is seen after this time. One list of all Namespaces. */
const SWEEP_EVERY_MS = 600_000;

/**
 * When this process begins to lead, and every ten minutes: removes the annotations of PresenceClusters and ChangeFreezes that are not there.
 * They went while no operator ran, or a Namespace was made with them. What goes later is seen as it goes.
 */
export function sweepNamespaces(options: SweepNamespacesOptions): LeaderTask {
  const { clock } = options;
  const end = new AbortController();
  let loop = Promise.resolve();
  const run = async (): Promise<void> => {
    while (!end.signal.aborted) {
      const isDone = await sweep(options, end.signal);
      await clock.sleep(isDone ? SWEEP_EVERY_MS : TRY_AGAIN_MS, end.signal).catch(() => {});
    }
  };
  return {
    name: 'sweep-namespaces',
    start() {
      loop = run();
    },
    async stop() {
      end.abort(new Error('namespaces are no longer swept'));
      await loop;
    },
  };
}

/** @returns whether there is nothing left to try */
async function sweep(options: SweepNamespacesOptions, signal: AbortSignal): Promise<boolean> {
  const failures: unknown[] = [];
  try {
    for (const found of await namespacesOf(options, signal)) {
      failures.push(...(await sweepOne(options, found, signal)));
    }
  } catch (error) {
    failures.push(error);
  }
  if (signal.aborted || failures.length === 0) return true;
  options.log.warn(
    { err: failures[0], failed: failures.length },
    'freeze annotations of PresenceClusters and ChangeFreezes that are gone cannot be removed',
  );
  return !failures.some((error) => ['backoff', 'conflict', 'gone'].includes(dispositionOf(error)));
}

/**
 * One Namespace that a policy of others protects, or that has just changed, holds up none of the others.
 *
 * @returns what failed
 * @throws KubeError when the API server is in trouble
 */
async function sweepOne(
  { sweepers }: SweepNamespacesOptions,
  found: KubeObject,
  signal: AbortSignal,
): Promise<unknown[]> {
  try {
    for (const sweeper of sweepers) await sweeper.sweep(found, signal);
    return [];
  } catch (error) {
    if (signal.aborted || dispositionOf(error) === 'backoff') throw error;
    return [error];
  }
}

async function namespacesOf(
  { client, namespaces }: SweepNamespacesOptions,
  signal: AbortSignal,
): Promise<KubeObject[]> {
  if (namespaces.length === 0) return (await client.list(builtin.Namespace, { signal })).items;
  const found = await Promise.all(
    namespaces.map((name) => client.get(builtin.Namespace, undefined, name, { signal })),
  );
  return found.filter((each) => each !== undefined);
}
