import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { disagreements } from '../../../src/domain/topology/agreement.ts';
import { BAN_PARAMETER } from '../../../src/domain/topology/engine.ts';
import type {
  DesiredTopology,
  ObservedTopology,
  ReachableNode,
} from '../../../src/domain/topology/observed.ts';
import { planTopology, type TopologyPlan } from '../../../src/domain/topology/plan.ts';
import { NODE_TIMEOUT_MS } from '../../../src/domain/topology/server-config.ts';
import type { Step } from '../../../src/domain/topology/step.ts';
import { BanWatch } from '../../../src/operator/redis/ban-watch.ts';
import { addressesOf, executeSteps } from '../../../src/operator/redis/execute.ts';
import { type GatheredPod, gatherTopology } from '../../../src/operator/redis/gather.ts';
import { createRedisAdmin, type RedisAdmin } from '../../../src/platform/redis/admin.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { removeDirectory } from '../../support/remove-directory.ts';
import { type RedisProcess, startRedisProcesses, stopRedisProcesses } from './redis-processes.ts';

export const DESIRED: DesiredTopology = { shards: 3, replicasPerShard: 1 };
/** The time-out of looks and steps in a test in which servers hang. */
export const HUNG_AFTER_MS = 500;
/** For everything else: that a loaded machine answers late is no finding. */
const PATIENCE_MS = 15_000;
const AGREES_WITHIN_SECONDS = 60;
/** Redis moves slots one by one: 4,096 of them took 30 s on a small machine that did little else. */
const CONVERGES_WITHIN_MS = 180_000;
/** Well within the time-out of a command, so that WAIT gives its number. */
const WAIT_MS = 300;
/** By shard and ordinal. The first pods of two shards share a node: choosing primaries by ordinal would crowd it. */
const PLACEMENT = [
  ['node-a', 'node-b'],
  ['node-a', 'node-c'],
  ['node-b', 'node-c'],
];
const LOOK_EVERY_MS = 100;
/** A kubelet needs about as long to start a container anew. */
const CONTAINER_RESTART_MS = 1_200;

/** As shipped: a server that a loaded machine keeps waiting for a second or two is not considered dead. */
const SHIPPED = { 'cluster-node-timeout': String(NODE_TIMEOUT_MS.Standard) };

/** Further lines of the servers' configuration, by name. */
type ServerConfig = Readonly<Record<string, string>>;

/** A pod of the test: real server processes come and go under one pod name. */
export interface TestPod {
  readonly pod: GatheredPod;
  process: RedisProcess;
  /** Why Kubernetes takes the pod for dead. */
  down?: string;
}

/** Six real servers, named and placed as the pods of three StatefulSets on three Kubernetes nodes. */
export class TopologyCluster {
  readonly admin: RedisAdmin;
  readonly pods: TestPod[];
  /** For what the test asks, not the operator. */
  readonly #tester: RedisAdmin;
  readonly #server: readonly string[];
  readonly #all: RedisProcess[];
  readonly #config: ServerConfig;
  readonly #bans = new BanWatch();
  #desired: DesiredTopology = DESIRED;

  private constructor(
    server: readonly string[],
    processes: RedisProcess[],
    config: ServerConfig,
    timeoutMs: number,
  ) {
    this.#server = server;
    this.#config = config;
    this.#all = [...processes];
    this.admin = adminWith(timeoutMs);
    this.#tester = adminWith(PATIENCE_MS);
    this.pods = processes.map((process, index) => ({ process, pod: podOf(index, process) }));
  }

  /** @param timeoutMs of each command of the operator */
  static async start(
    server: readonly string[],
    config: ServerConfig = {},
    timeoutMs = PATIENCE_MS,
  ): Promise<TopologyCluster> {
    const extraConfig = { ...SHIPPED, ...config };
    const processes = await startRedisProcesses({ server, count: 6, extraConfig });
    return new TopologyCluster(server, processes, extraConfig, timeoutMs);
  }

  async close(): Promise<void> {
    this.admin.close();
    this.#tester.close();
    await stopRedisProcesses(this.#all);
  }

  async look(): Promise<ObservedTopology> {
    const seen = await gatherTopology(
      this.admin,
      this.pods.map(({ pod, process, down }) => ({
        ...pod,
        ip: process.host,
        port: process.port,
        ...(down === undefined ? {} : { down }),
      })),
    );
    return this.#bans.mark(seen, this.#running(), performance.now());
  }

  /** What CONFIG GET would say of the bans. */
  #running(): Map<string, Record<string, string>> {
    const ban = this.#config[BAN_PARAMETER];
    return new Map(ban === undefined ? [] : this.pods.map(({ pod }) => [pod.pod, { [BAN_PARAMETER]: ban }]));
  }

  /** Looks until every pod has answered within the time-outs of one look. */
  wholeLook(): Promise<ObservedTopology> {
    return eventually({ what: 'all pods answer', withinSeconds: AGREES_WITHIN_SECONDS }, async () => {
      const observed = await this.look();
      return reachable(observed).length === this.pods.length && observed;
    });
  }

  async lookAtAll(): Promise<ReachableNode[]> {
    return reachable(await this.wholeLook());
  }

  /** Looks until every pod has answered and what each says of the others is what they say of themselves. */
  agreed(): Promise<ReachableNode[]> {
    return eventually({ what: 'all nodes agree', withinSeconds: AGREES_WITHIN_SECONDS }, async () => {
      const nodes = await this.lookAtAll();
      const [first] = disagreements(nodes);
      if (first !== undefined) throw new Error(first);
      return nodes;
    });
  }

  /** What one look leads to, in which servers may have been late. */
  async plan(): Promise<TopologyPlan> {
    return this.planFrom(await this.look());
  }

  planFrom(observed: ObservedTopology): TopologyPlan {
    return planTopology(observed, this.#desired);
  }

  /** Looks, without a step, until nothing is left to be done. */
  staysSteady(): Promise<TopologyPlan> {
    return eventually({ what: 'it is steady', withinSeconds: AGREES_WITHIN_SECONDS }, async () => {
      const plan = this.planFrom(await this.wholeLook());
      if (plan.steps.length > 0) throw new Error(`${plan.steps[0]?.kind} is to be done: ${plan.reason}`);
      return plan.state === 'Steady' && plan;
    });
  }

  /** Looks, plans and acts until the plan is as wanted; `choose` lets an operator die in the middle of a set. */
  async converge(
    until: (plan: TopologyPlan) => boolean = (plan) => plan.state === 'Steady',
    choose: (steps: readonly Step[]) => readonly Step[] = (steps) => steps,
    onFailure: (message: string) => void = () => {},
  ): Promise<TopologyPlan> {
    const giveUpAt = Date.now() + CONVERGES_WITHIN_MS;
    for (;;) {
      const observed = await this.look();
      const plan = this.planFrom(observed);
      if (until(plan)) {
        return plan;
      }
      if (Date.now() > giveUpAt) {
        throw new Error(
          `not as wanted after ${CONVERGES_WITHIN_MS} ms but ${plan.state}: ${plan.reason}\n${JSON.stringify(plan, null, 1)}`,
        );
      }
      const tools = { admin: this.admin, clock: systemClock };
      const results = await executeSteps(tools, choose(plan.steps), addressesOf(observed));
      this.#bans.note(results, observed, this.#running(), performance.now());
      for (const result of results) {
        if (result.outcome === 'Failed') onFailure(result.error.message);
      }
      await delay(LOOK_EVERY_MS);
    }
  }

  /** What the spec asks for from now on, with blank pods for the shards that are new. */
  async scaleTo(shards: number, more: Partial<DesiredTopology> = {}): Promise<void> {
    this.#desired = { ...DESIRED, shards, ...more };
    const first = this.pods.length;
    const count = shards * 2 - first;
    if (count <= 0) return;
    const processes = await startRedisProcesses({ server: this.#server, count, extraConfig: this.#config });
    this.#all.push(...processes);
    this.pods.push(...processes.map((process, index) => ({ process, pod: podOf(first + index, process) })));
  }

  /** What the StatefulSet controller does to the pods of shards from this one on. */
  async removeShards(from: number): Promise<TestPod[]> {
    const removed = this.pods.splice(from * 2);
    await Promise.all(removed.map(({ process }) => process.stop()));
    return removed;
  }

  /** Pods that were removed come back with their volumes, for as many shards as there are then. */
  async bringBack(pods: readonly TestPod[]): Promise<void> {
    await Promise.all(pods.map(({ process }) => process.restart()));
    this.pods.push(...pods);
    this.#desired = { ...DESIRED, shards: this.pods.length / 2 };
  }

  /** Of the servers of the pods that there are now. */
  pids(): number[] {
    return this.pods.flatMap(({ process }) => process.pid() ?? []);
  }

  /** Name of the pod that owns the slot by its own word. */
  async ownerOf(slot: number): Promise<string | undefined> {
    return (await this.lookAtAll()).find(({ slots }) =>
      slots.some(({ start, end }) => start <= slot && slot <= end),
    )?.pod;
  }

  /** Ends the process of the pod and starts one without any data, or with the old data directory, elsewhere. */
  async replace(entry: TestPod, data: 'blank' | 'kept', host = '127.0.0.1'): Promise<void> {
    await entry.process.kill();
    const [process] = await startRedisProcesses({
      server: this.#server,
      count: 1,
      hosts: [host],
      extraConfig: { ...this.#config, ...(data === 'kept' ? { dir: entry.process.dir } : {}) },
    });
    if (process === undefined) {
      throw new Error('no process was started');
    }
    this.#all.push(process);
    entry.process = process;
  }

  /**
   * A crash, and a start at the same address with the identity kept and every key lost: a container without a volume.
   *
   * @param isSeen whether the crash was noticed: a kubelet is not quicker, a loaded machine may be
   */
  async restartEmpty({ process }: TestPod, isSeen: () => boolean): Promise<void> {
    await process.kill();
    await delay(CONTAINER_RESTART_MS);
    await eventually({ what: 'the crash is seen', withinSeconds: AGREES_WITHIN_SECONDS }, async () =>
      isSeen(),
    );
    await removeDirectory(join(process.dir, 'appendonlydir'));
    await process.restart();
  }

  /** The pod that is the primary, or the replica, of the shard by the plan. */
  find(plan: TopologyPlan, shard: number, role: 'primary' | 'replica'): TestPod {
    const status = plan.shards[shard];
    const name = role === 'primary' ? status?.primary : status?.replicas[0]?.pod;
    const entry = this.pods.find((candidate) => candidate.pod.pod === name);
    if (entry === undefined) {
      throw new Error(`shard ${shard} has no ${role}`);
    }
    return entry;
  }

  send(entry: TestPod, ...command: string[]): Promise<unknown> {
    return this.#tester.execute(entry.process, command);
  }

  /** Waits until a replica has what this primary was told last by `send`. */
  async replicated(primary: TestPod): Promise<void> {
    await eventually({ what: 'a replica has it', withinSeconds: PATIENCE_MS / 1_000 }, async () => {
      return Number(await this.send(primary, 'WAIT', '1', String(WAIT_MS))) >= 1;
    });
  }
}

function adminWith(timeoutMs: number): RedisAdmin {
  const timeouts = { connectTimeoutMs: timeoutMs, commandTimeoutMs: timeoutMs };
  return createRedisAdmin({ username: 'default', password: '', ...timeouts });
}

function podOf(index: number, process: RedisProcess): GatheredPod {
  const shard = Math.floor(index / 2);
  const ordinal = index % 2;
  return {
    pod: `redis-${shard}-${ordinal}`,
    shard,
    ip: process.host,
    port: process.port,
    node: PLACEMENT[shard % PLACEMENT.length]?.[ordinal] ?? '',
    terminating: false,
  };
}

export function reachable(observed: ObservedTopology): ReachableNode[] {
  return observed.nodes.filter((node): node is ReachableNode => node.reachable);
}
