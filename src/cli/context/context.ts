import type { RolloutOverride } from '../../api/v1alpha1/kinds.ts';
import type { Inventory, InventoryKind } from './inventory.ts';
import type { OverrideRequest } from './override-request.ts';

/** Which cluster and which objects of it, as kubectl's options of the same names have it. */
export interface ClusterTarget {
  kubeconfig?: string | undefined;
  context?: string | undefined;
  /** Left out: the namespace of the context. */
  namespace?: string | undefined;
  allNamespaces: boolean;
}

/** All that the verbs may know of the world. Only `main.ts` makes one from the real world. */
export interface CliContext {
  /** When the program was started. */
  now: Date;
  version: string;
  /** Version of the time zone database that all local times depend on. */
  tzdb: string;
  readFile(path: string): Promise<string>;
  readStdin(): Promise<string>;
  writeFile(path: string, content: string): Promise<void>;
  /** Prints a result. */
  print(text: string): void;
  /** Prints a remark that is no part of the result. */
  note(text: string): void;
  /** Reads the objects of some kinds from a Kubernetes cluster. */
  readCluster(target: ClusterTarget, wanted: readonly InventoryKind[]): Promise<Inventory>;
  /** Makes a RolloutOverride for whoever asks, and returns it as it was stored. */
  createOverride(target: ClusterTarget, request: OverrideRequest): Promise<RolloutOverride>;
}
