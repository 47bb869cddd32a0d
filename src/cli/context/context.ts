import type { PresenceCluster, RolloutOverride } from '../../api/v1alpha1/kinds.ts';
import type { Inventory, InventoryKind } from '../../reports/inventory.ts';
import type { FreezeNowRequest } from './freeze-now-request.ts';
import type { OverrideRequest } from './override-request.ts';

/** Which cluster and which objects of it, as kubectl's options of the same names have it. */
export interface ClusterTarget {
  kubeconfig?: string | undefined;
  context?: string | undefined;
  /** Left out: the namespace of the context. */
  namespace?: string | undefined;
  allNamespaces: boolean;
  /** User in whose name requests are made. */
  as?: string | undefined;
  /** Limit of one request; left out: that of the client. */
  requestTimeoutMs?: number | undefined;
}

/** How the dashboard is served. */
export interface DashboardRequest {
  /** On the loopback address; 0: any that is free. */
  port: number;
  /** Called with the address, which holds the token, once it is served. */
  onReady: (url: string) => void;
}

/** How the dashboard in the cluster is opened. */
export interface ForwardRequest extends DashboardRequest {
  /** Of the operator and of the dashboard beside it. */
  namespace: string;
}

/** What results are printed on. */
export interface Screen {
  /** Columns of a terminal; undefined: a file or a pipe, whose lines are left as they are. */
  columns?: number | undefined;
  colour: boolean;
}

/** An operator that is installed in a cluster. */
export interface OperatorDeployment {
  namespace: string;
  name: string;
  /** Of its label `app.kubernetes.io/version`; left out when it has none. */
  version?: string;
  image: string;
  replicas: number;
  readyReplicas: number;
}

/** All that the verbs may know of the world. Only `main.ts` makes one from the real world. */
export interface CliContext {
  /** When the program was started. */
  now: Date;
  version: string;
  /** The commit that this program was built from, `-dirty` when files differed from it, or `unknown`. */
  commit: string;
  /** Version of the time zone data that all local times depend on. */
  tzdb: string;
  /** Version of the time zone data that the runtime has, for comparison. */
  runtimeTzdb: string;
  readFile(path: string): Promise<string>;
  readBytes(path: string): Promise<Uint8Array>;
  /** Files of a folder, in order, each as a path; undefined when `path` is no folder. */
  listFolder(path: string, recursive: boolean): Promise<string[] | undefined>;
  readStdin(): Promise<string>;
  writeFile(path: string, content: string): Promise<void>;
  screen: Screen;
  /** Prints a result. */
  print(text: string): void;
  /** Prints a long result line by line, as fast as the reader takes it. */
  printLines(lines: Iterable<string>): Promise<void>;
  /** Prints a remark that is no part of the result. */
  note(text: string): void;
  /** Says how far a long computation is; shown on a terminal, when it takes longer than two seconds. */
  progress(text: string): void;
  /** Waits; false when the user ends the program meanwhile. */
  pause(ms: number): Promise<boolean>;
  /** Reads the objects of some kinds from a Kubernetes cluster. */
  readCluster(target: ClusterTarget, wanted: readonly InventoryKind[]): Promise<Inventory>;
  /** The Deployments of presence-operators: of the namespace of the options, or of all. */
  findOperators(target: ClusterTarget): Promise<OperatorDeployment[]>;
  /** Creates a RolloutOverride for the user of the credentials, and returns it as it was stored. */
  createOverride(target: ClusterTarget, request: OverrideRequest): Promise<RolloutOverride>;
  /** Adds a manual freeze window to a PresenceCluster, and returns it as it was stored. */
  freezeNow(target: ClusterTarget, request: FreezeNowRequest): Promise<PresenceCluster>;
  /** Serves the dashboard until the user ends the program. */
  serveDashboard(target: ClusterTarget, request: DashboardRequest): Promise<void>;
  /** Opens the dashboard in the cluster until the user ends the program; false at once without a bearer token. */
  forwardDashboard(target: ClusterTarget, request: ForwardRequest): Promise<boolean>;
  /** Opens an address in the browser of the user, where there is one. */
  openBrowser(url: string): void;
}
