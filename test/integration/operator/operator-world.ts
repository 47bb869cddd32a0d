import { randomUUID } from 'node:crypto';
import type { PresenceCluster, RolloutFreeze } from '../../../src/api/v1alpha1/kinds.ts';
import type { PresenceClusterStatus } from '../../../src/api/v1alpha1/presence-cluster-status.ts';
import { standardLabels } from '../../../src/domain/resources/manifest.ts';
import { parseConfig } from '../../../src/operator/config.ts';
import { CHILD_TYPES, CLIENT_TYPES, ownType } from '../../../src/operator/objects/kinds.ts';
import { createOperator } from '../../../src/operator/operator.ts';
import { createKubeClient, type KubeClient } from '../../../src/platform/kube/client.ts';
import type { KubeEvent } from '../../../src/platform/kube/events.ts';
import { loadKubeConfig } from '../../../src/platform/kube/kubeconfig.ts';
import { builtin, type KubeObject, type ResourceType } from '../../../src/platform/kube/resource.ts';
import { Alarms } from '../../../src/platform/runtime/alarms.ts';
import type { Cancel, Clock } from '../../../src/platform/runtime/clock.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { createLogger, type Logger } from '../../../src/platform/telemetry/log.ts';
import { createMetrics } from '../../../src/platform/telemetry/metrics.ts';
import { eventually } from '../../support/eventually.ts';
import { CURRENT_ZONE_DATA } from '../../support/presence-cluster-builder.ts';
import { type InstalledKinds, startWithKinds } from '../installed-kinds.ts';

/** Who changes things in these tests, and not by force. */
export const PERSON = { fieldManager: 'person' } as const;
/** Version of the zone data that the operators of these tests name. */
export const ZONE_DATA = CURRENT_ZONE_DATA;
/**
 * For a loaded machine. Nothing is promised by it: the operator looks at everything every 5 s anyway, so what does not come at
 * all is seen as well.
 */
const WITHIN_SECONDS = 60;

/**
 * What the operator must report of a Redis server that stands still for a second, as one may on a loaded machine at any time: no answer to
 * a command or a connection, and the failover after three missed probes. A connection that is refused is no such thing: the kernel takes
 * those of a process that stands still.
 */
const STOOD_STILL =
  /no answer in time|gave no answer to \d+ probes|ETIMEDOUT|ECONNRESET|Connection is closed/;

/** A clock that runs as the real one does and shows the time that a test sets. */
export class SetClock implements Clock {
  #offsetMs = 0;
  #heldMs: number | undefined;
  readonly monotonicMs = systemClock.monotonicMs.bind(systemClock);
  readonly setTimeout = systemClock.setTimeout.bind(systemClock);
  readonly sleep = systemClock.sleep.bind(systemClock);
  readonly #alarms = new Alarms(this);

  now(): Date {
    return new Date(this.#heldMs ?? systemClock.now().getTime() + this.#offsetMs);
  }

  setAlarm(at: Date, callback: () => void): Cancel {
    return this.#alarms.set(at, callback);
  }

  set(time: string): void {
    this.#heldMs = undefined;
    this.#offsetMs = Date.parse(time) - systemClock.now().getTime();
  }

  /**
   * Shows this time until another one is set: status is confirmed once a minute, deadlines pass and feeds are polled, and how long the steps
   * of a test take is the machine's business.
   */
  hold(time = this.now().toISOString()): void {
    this.#heldMs = Date.parse(time);
  }
}

export interface RunningOperator {
  /** Passes over PresenceClusters that have ended, in error or not. */
  passes(): Promise<number>;
  stop(): Promise<void>;
}

/** The beginning of the log line; an event of the same calendar is a line, too. */
export const POLL_FAILED = 'a poll failed: ';

/** An API server with our kinds and operators against it. No kubelet and no controllers: tests do what those would. */
export class OperatorWorld {
  readonly client: KubeClient;
  readonly clock = new SetClock();
  readonly #kinds: InstalledKinds;
  readonly #running = new Set<RunningOperator>();
  readonly #lines: string[] = [];
  readonly #log = createLogger({
    name: 'test',
    level: 'warn',
    destination: { write: (line) => this.#lines.push(line) },
  });
  readonly #clients: KubeClient[] = [];

  private constructor(kinds: InstalledKinds) {
    this.#kinds = kinds;
    this.client = kinds.client;
  }

  static async start(): Promise<OperatorWorld> {
    return new OperatorWorld(await startWithKinds());
  }

  /** The API server, for other programs that talk to it. */
  get server(): InstalledKinds['server'] {
    return this.#kinds.server;
  }

  async close(): Promise<void> {
    for (const operator of this.#running) await operator.stop();
    for (const client of this.#clients) await client.close();
    await this.#kinds.stop();
  }

  /** @param env beside what every operator of these tests has */
  startOperator(env: Record<string, string> = {}, log: Logger = this.#log): RunningOperator {
    const client = createKubeClient({
      config: loadKubeConfig({ path: this.#kinds.server.kubeconfig }),
      clock: systemClock,
      types: CLIENT_TYPES,
    });
    const metrics = createMetrics({ processMetrics: false });
    const operator = createOperator({
      config: parseConfig({
        PRESENCE_IMAGE: 'presence:1',
        LEADER_ELECTION: 'false',
        OPERATOR_POD_LABELS: 'app.kubernetes.io/name=presence-operator,app.kubernetes.io/component=operator',
        ...env,
      }),
      client,
      metrics,
      clock: this.clock,
      log,
      identity: 'test',
      zoneData: ZONE_DATA,
    });
    const end = new AbortController();
    const ended = operator.manager.run(end.signal);
    const running: RunningOperator = {
      passes: async () => {
        const metric = await metrics.registry.getSingleMetric('controller_runtime_reconcile_total')?.get();
        return (metric?.values ?? [])
          .filter(({ labels }) => labels.controller === 'presencecluster')
          .reduce((sum, { value }) => sum + value, 0);
      },
      stop: async () => {
        this.#running.delete(running);
        end.abort(new Error('the test stops the operator'));
        await ended;
        operator.close();
        await client.close();
      },
    };
    this.#running.add(running);
    return running;
  }

  /** A client that knows further kinds; closed with the world. */
  clientFor(types: readonly ResourceType[]): KubeClient {
    const config = loadKubeConfig({ path: this.#kinds.server.kubeconfig });
    const client = createKubeClient({ config, clock: systemClock, types: [...CLIENT_TYPES, ...types] });
    this.#clients.push(client);
    return client;
  }

  async makeNamespace(name: string): Promise<string> {
    await this.client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, PERSON);
    return name;
  }

  makeCluster(namespace: string, spec: Record<string, unknown> = {}): Promise<KubeObject> {
    return this.client.apply(
      {
        apiVersion: 'presence.wedsync.io/v1alpha1',
        kind: 'PresenceCluster',
        metadata: { name: 'wedsync', namespace },
        spec: { timeZone: 'Europe/London', ...spec },
      },
      { ...PERSON, force: true },
    );
  }

  makeWedding(namespace: string, name: string, spec: Record<string, unknown> = {}): Promise<KubeObject> {
    return this.client.apply(
      {
        apiVersion: 'presence.wedsync.io/v1alpha1',
        kind: 'Wedding',
        metadata: { name, namespace },
        spec: {
          date: '2027-06-05',
          timeZone: 'Europe/London',
          ceremony: '14:30',
          team: { planner: 3 },
          ...spec,
        },
      },
      PERSON,
    );
  }

  async cluster(namespace: string): Promise<PresenceCluster> {
    const found = await this.client.get(ownType('PresenceCluster'), namespace, 'wedsync');
    if (!found) throw new Error(`there is no PresenceCluster in ${namespace}`);
    return found as unknown as PresenceCluster;
  }

  async condition(namespace: string, type: string): Promise<string> {
    const { status } = await this.cluster(namespace);
    const found = status?.conditions?.find((condition) => condition.type === type);
    return found ? `${found.status} ${found.reason}` : 'no such condition';
  }

  async windows(namespace: string): Promise<RolloutFreeze['spec']['windows']> {
    const found = await this.client.get(ownType('RolloutFreeze'), namespace, 'wedsync');
    if (!found) throw new Error(`there is no RolloutFreeze in ${namespace}`);
    return (found as unknown as RolloutFreeze).spec.windows;
  }

  /** Reason and message of the polls of calendars in a namespace that failed, as operators logged them. */
  failedPolls(namespace: string): [string, string][] {
    return this.#lines
      .map((line) => JSON.parse(line) as Record<string, string>)
      .filter((line) => line.namespace === namespace && line.msg?.startsWith(POLL_FAILED) === true)
      .map(({ reason = '', msg = '' }) => [reason, msg]);
  }

  /** Children of every kind, by `Kind/name`. */
  async children(namespace: string): Promise<Map<string, KubeObject>> {
    const lists = await Promise.all(CHILD_TYPES.map((type) => this.client.list(type, { namespace })));
    const objects = lists.flatMap(({ items }) => items).filter(({ metadata }) => metadata.ownerReferences);
    return new Map(objects.map((object) => [`${object.kind}/${object.metadata.name}`, object]));
  }

  /** `resourceVersion` of the PresenceCluster, its children and its Secrets. */
  async versions(namespace: string): Promise<Record<string, string | undefined>> {
    const { items: secrets } = await this.client.list(builtin.Secret, { namespace });
    const own = (await this.cluster(namespace)) as unknown as KubeObject;
    const objects = [own, ...secrets, ...(await this.children(namespace)).values()];
    return Object.fromEntries(
      objects.map(({ kind, metadata }) => [`${kind}/${metadata.name}`, metadata.resourceVersion]),
    );
  }

  /** Events of a namespace as `Type Reason Kind/name: note`, in no order. */
  async events(namespace: string): Promise<string[]> {
    const { items } = await this.client.list<KubeEvent>(builtin.Event, { namespace });
    return items.map(({ type, reason, note, regarding }) => {
      return `${type} ${reason} ${regarding.kind}/${regarding.name}: ${note}`;
    });
  }

  /** Warnings of a namespace, but for those of a server that stood still. */
  async warnings(namespace: string): Promise<string[]> {
    return (await this.events(namespace)).filter(
      (event) => event.startsWith('Warning') && !STOOD_STILL.test(event),
    );
  }

  /** Steps of Redis that failed for another reason than a server that stood still, such as a right that is missing. */
  async failedRedisSteps(namespace: string): Promise<string[]> {
    return (await this.warnings(namespace)).filter((event) => event.includes('RedisStepFailed'));
  }

  /**
   * Waits until a status is as it should be, and gives it. One that was right may be another for a moment: a Redis server that answers late
   * is reported.
   */
  untilStatus(
    what: string,
    namespace: string,
    check: (status: PresenceClusterStatus) => unknown,
  ): Promise<PresenceClusterStatus> {
    return this.until(what, async () => {
      const { status } = await this.cluster(namespace);
      return status !== undefined && check(status) !== false && status;
    });
  }

  /** Waits until a condition is `Status Reason`. */
  untilCondition(namespace: string, type: string, wanted: string): Promise<true> {
    return this.until(`${type} is ${wanted}`, async () => {
      const found = await this.condition(namespace, type);
      if (found !== wanted) throw new Error(found);
      return true as const;
    });
  }

  until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    return eventually({ what, withinSeconds: WITHIN_SECONDS }, look);
  }

  /**
   * Lets the operator pass until so many passes in a row write nothing and no event is under way; one that always writes never gets there.
   * A Redis server that answers late is written, and waited for.
   */
  async untilQuiet(operator: RunningOperator, namespace: string, passes = 2): Promise<void> {
    const written = async () =>
      JSON.stringify([await this.versions(namespace), (await this.events(namespace)).sort()]);
    await this.until(`nothing is written in ${namespace}`, async () => {
      const before = await written();
      await this.letPass(operator, namespace, passes);
      return (await written()) === before;
    });
  }

  /** Makes the operator look at the PresenceCluster so many times more, each time for an object that is not its own. */
  async letPass(operator: RunningOperator, namespace: string, count: number): Promise<void> {
    for (let look = 0; look < count; look++) {
      const before = await operator.passes();
      const metadata = { name: 'look-again', namespace, labels: standardLabels('wedsync', 'presence') };
      // Never the same twice: what does not change the object makes nobody look.
      const data = { look: randomUUID() };
      await this.client.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }, PERSON);
      await this.until('one more pass', async () => (await operator.passes()) > before);
    }
  }
}
