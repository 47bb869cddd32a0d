import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ChangeEvent } from './cache-writer.ts';
import type { KubeClient } from './client.ts';
import type { KubeObject, ResourceType } from './resource.ts';
import type { Store } from './store.ts';

/** What a reflector follows, where it puts it, and which handler it notifies. */
export interface ReflectorOptions<T extends KubeObject = KubeObject> {
  client: Pick<KubeClient, 'list' | 'watch'>;
  type: ResourceType;
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  store: Store<T>;
  /**
   * Leaves out the fields of an object that are not read from the cache, before it is stored; client-go calls this a transform.
   * It must keep name, namespace, uid and resourceVersion, and must not change the object it is given.
   */
  project?: ((object: T) => T) | undefined;
  /** Called in the order of the changes. What it throws is logged and counted and stops nothing. */
  onChange: (event: ChangeEvent<T>) => void;
  log: Logger;
  clock: Clock;
  metrics?: Metrics;
  /** Between 0 and 1; for jitter. */
  random?: () => number;
  /**
   * `stream`, the default: the watch itself begins with everything there is (WatchList, KEP-3157), and pages
   * are read when the server does not have that. `pages`: always by list requests.
   */
  initial?: 'stream' | 'pages';
  /** How long a watch may be silent; 90 s when absent. */
  watchdogMs?: number;
}
