import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { collectProcessMetrics } from './process-metrics.ts';

/** What a controller reports. Names are those of controller-runtime, so that its dashboards work. */
export interface ControllerMetrics {
  reconciled(result: ReconcileResult, seconds: number): void;
  panicked(): void;
  timedOut(): void;
  activeWorkers(count: number): void;
}

export type ReconcileResult = 'success' | 'requeue_after' | 'error' | 'terminal' | 'conflict' | 'forbidden';

/** What a work queue reports. Names are those of client-go. */
export interface WorkQueueMetrics {
  added(): void;
  retried(): void;
  waited(seconds: number): void;
  worked(seconds: number): void;
}

/** Read from a queue at each scrape. */
export interface WorkQueueSnapshot {
  depth: number;
  /** Seconds of work in progress, summed over the keys in process. */
  unfinishedSeconds: number;
  longestRunningSeconds: number;
}

export interface ReflectorMetrics {
  listed(): void;
  reconnected(cause: string): void;
  handlerFailed(): void;
}

/** Read from a reflector at each scrape. */
export interface ReflectorSnapshot {
  synced: boolean;
  items: number;
  /** Seconds since the last event, bookmark or list. */
  quietSeconds: number;
  /** Seconds since the watch that is open now was opened; 0 without one. */
  watchAgeSeconds: number;
}

export interface ClientMetrics {
  /** @param code HTTP status, 0 when there was no answer */
  observe(method: string, code: number, seconds: number): void;
  /** The API server sent a warning beside an answer. */
  warned(): void;
}

/** The registry of a program and the instruments of this platform in it. */
export interface Metrics {
  readonly registry: Registry;
  forController(name: string, maxConcurrentReconciles: number): ControllerMetrics;
  forQueue(name: string, snapshot: () => WorkQueueSnapshot): WorkQueueMetrics;
  forReflector(kind: string, snapshot: () => ReflectorSnapshot): ReflectorMetrics;
  forLeaderElection(name: string, isLeader: () => boolean): void;
  readonly client: ClientMetrics;
}

/** controller-runtime's buckets for reconcile time, thinned: 1 ms to 1 min. */
const RECONCILE_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** client-go's buckets for queue and work times: decades from 10 us to 1000 s. */
const QUEUE_SECONDS = [0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000];
const REQUEST_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

/** A registry of its own, with the process metrics of Node unless `processMetrics` is false. */
export function createMetrics(options: { processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.processMetrics !== false) collectProcessMetrics(registry);
  const leaders = new Map<string, () => boolean>();
  new Gauge({
    name: 'leader_election_master_status',
    help: '1 while this process is the leader.',
    labelNames: ['name'],
    registers: [registry],
    collect() {
      for (const [name, isLeader] of leaders) this.set({ name }, isLeader() ? 1 : 0);
    },
  });
  return {
    registry,
    forController: controllerMetrics(registry),
    forQueue: queueMetrics(registry),
    forReflector: reflectorMetrics(registry),
    forLeaderElection: (name, isLeader) => void leaders.set(name, isLeader),
    client: clientMetrics(registry),
  };
}

function counter(registry: Registry, name: string, help: string, labelNames: string[]): Counter {
  return new Counter({ name, help, labelNames, registers: [registry] });
}

function histogram(
  registry: Registry,
  name: string,
  help: string,
  labelNames: string[],
  buckets: number[],
): Histogram {
  return new Histogram({ name, help, labelNames, buckets, registers: [registry] });
}

function controllerMetrics(registry: Registry): Metrics['forController'] {
  const of = (name: string, help: string, labels = ['controller']): Counter =>
    counter(registry, `controller_runtime_${name}`, help, labels);
  const total = of('reconcile_total', 'Reconciles by result.', ['controller', 'result']);
  const errors = of('reconcile_errors_total', 'Reconciles that failed.');
  const terminal = of(
    'terminal_reconcile_errors_total',
    'Reconciles that failed for good and are not retried.',
  );
  const panics = of('reconcile_panics_total', 'Reconciles that ended in a bug.');
  const timeouts = of('reconcile_timeouts_total', 'Reconciles that passed their time limit.');
  const seconds = histogram(
    registry,
    'controller_runtime_reconcile_time_seconds',
    'Length of a reconcile.',
    ['controller'],
    RECONCILE_SECONDS,
  );
  const gauge = (name: string, help: string): Gauge =>
    new Gauge({
      name: `controller_runtime_${name}`,
      help,
      labelNames: ['controller'],
      registers: [registry],
    });
  const active = gauge('active_workers', 'Workers that reconcile now.');
  const maximum = gauge('max_concurrent_reconciles', 'Workers of a controller.');
  return (controller, maxConcurrentReconciles) => {
    maximum.set({ controller }, maxConcurrentReconciles);
    active.set({ controller }, 0);
    for (const each of [errors, terminal, panics, timeouts]) each.inc({ controller }, 0);
    return {
      reconciled(result, duration) {
        total.inc({ controller, result });
        seconds.observe({ controller }, duration);
        if (result === 'error' || result === 'terminal' || result === 'forbidden') errors.inc({ controller });
        if (result === 'terminal') terminal.inc({ controller });
      },
      panicked: () => panics.inc({ controller }),
      timedOut: () => timeouts.inc({ controller }),
      activeWorkers: (count) => active.set({ controller }, count),
    };
  };
}

function queueMetrics(registry: Registry): Metrics['forQueue'] {
  const adds = counter(registry, 'workqueue_adds_total', 'Keys added.', ['name']);
  const retries = counter(registry, 'workqueue_retries_total', 'Keys added again after a failure.', ['name']);
  const waited = histogram(
    registry,
    'workqueue_queue_duration_seconds',
    'Time in the queue.',
    ['name'],
    QUEUE_SECONDS,
  );
  const worked = histogram(
    registry,
    'workqueue_work_duration_seconds',
    'Time in process.',
    ['name'],
    QUEUE_SECONDS,
  );
  const snapshots = new Map<string, () => WorkQueueSnapshot>();
  const live = (name: string, help: string, read: (snapshot: WorkQueueSnapshot) => number): Gauge =>
    new Gauge({
      name: `workqueue_${name}`,
      help,
      labelNames: ['name'],
      registers: [registry],
      collect() {
        for (const [queue, snapshot] of snapshots) this.set({ name: queue }, read(snapshot()));
      },
    });
  live('depth', 'Keys that are ready and wait.', (queue) => queue.depth);
  live('unfinished_work_seconds', 'Seconds of work in progress.', (queue) => queue.unfinishedSeconds);
  live(
    'longest_running_processor_seconds',
    'Age of the oldest work in progress.',
    (queue) => queue.longestRunningSeconds,
  );
  return (name, snapshot) => {
    snapshots.set(name, snapshot);
    return {
      added: () => adds.inc({ name }),
      retried: () => retries.inc({ name }),
      waited: (seconds) => waited.observe({ name }, seconds),
      worked: (seconds) => worked.observe({ name }, seconds),
    };
  };
}

function reflectorMetrics(registry: Registry): Metrics['forReflector'] {
  const lists = counter(registry, 'reflector_lists_total', 'Complete lists.', ['kind']);
  const reconnects = counter(registry, 'reflector_reconnects_total', 'Watches that ended, by cause.', [
    'kind',
    'cause',
  ]);
  const failures = counter(registry, 'reflector_handler_errors_total', 'Handlers that threw.', ['kind']);
  /** Several where a kind is watched in several namespaces. */
  const snapshots = new Map<string, Set<() => ReflectorSnapshot>>();
  const live = (name: string, help: string, read: (reflectors: ReflectorSnapshot[]) => number): Gauge =>
    new Gauge({
      name: `reflector_${name}`,
      help,
      labelNames: ['kind'],
      registers: [registry],
      collect() {
        for (const [kind, all] of snapshots) this.set({ kind }, read([...all].map((snapshot) => snapshot())));
      },
    });
  live('synced', '1 when the cache holds a complete list.', (all) =>
    all.every(({ synced }) => synced) ? 1 : 0,
  );
  live('items', 'Objects in the cache.', (all) => all.reduce((sum, { items }) => sum + items, 0));
  live('quiet_seconds', 'Seconds since the last event, bookmark or list.', (all) =>
    Math.max(...all.map(({ quietSeconds }) => quietSeconds)),
  );
  live('watch_age_seconds', 'Seconds since the oldest open watch was opened; 0 without one.', (all) =>
    Math.max(...all.map(({ watchAgeSeconds }) => watchAgeSeconds)),
  );
  return (kind, snapshot) => {
    const all = snapshots.get(kind) ?? new Set();
    snapshots.set(kind, all.add(snapshot));
    return {
      listed: () => lists.inc({ kind }),
      reconnected: (cause) => reconnects.inc({ kind, cause }),
      handlerFailed: () => failures.inc({ kind }),
    };
  };
}

function clientMetrics(registry: Registry): ClientMetrics {
  const requests = counter(registry, 'rest_client_requests_total', 'Requests by method and code.', [
    'method',
    'code',
  ]);
  const seconds = histogram(
    registry,
    'rest_client_request_duration_seconds',
    'Time to the first byte of the answer.',
    ['method'],
    REQUEST_SECONDS,
  );
  const warnings = counter(
    registry,
    'rest_client_api_warnings_total',
    'Warnings that the API server sent beside its answers; each text is logged once.',
    [],
  );
  return {
    warned: () => warnings.inc(),
    observe(method, code, duration) {
      requests.inc({ method, code: code === 0 ? '<error>' : String(code) });
      seconds.observe({ method }, duration);
    },
  };
}
