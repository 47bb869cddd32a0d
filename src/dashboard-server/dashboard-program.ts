import { KINDS } from '../api/v1alpha1/kinds.ts';
import { DashboardServer } from '../dashboard-feed/dashboard-server.ts';
import { DashboardState } from '../dashboard-feed/dashboard-state.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import type { ResourceType } from '../platform/kube/resource.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import { AccessReviews } from './access-reviews.ts';
import { ClusterGate } from './cluster-gate.ts';
import { ProxyIdentity, type ProxyOptions } from './proxy-identity.ts';
import type { RefusalReport } from './refusal-report.ts';
import { ACCESS_REVIEW, TOKEN_REVIEW } from './reviews.ts';
import { TokenReviews } from './token-reviews.ts';

/** What the client of the dashboard knows beside the kinds of Kubernetes. */
export const CLIENT_TYPES: readonly ResourceType[] = [...KINDS, TOKEN_REVIEW, ACCESS_REVIEW];

/** Tabs of a browser, and some that are closing. */
const STREAMS_PER_VIEWER = 20;

export interface ProgramOptions {
  client: KubeClient;
  clock: Clock;
  version: string;
  /** Empty: all. */
  namespaces: readonly string[];
  script: Uint8Array;
  /** Absent: all addresses. */
  host?: string;
  port: number;
  proxy: ProxyOptions | undefined;
  report: RefusalReport;
}

/** The dashboard in the cluster. */
export interface DashboardProgram {
  state: DashboardState;
  /** @returns the port */
  start(): Promise<number>;
  stop(): Promise<void>;
}

export function createDashboardProgram(options: ProgramOptions): DashboardProgram {
  const { client, clock, version, namespaces, script, host, port, proxy, report } = options;
  const state = new DashboardState({
    client,
    clock,
    version,
    namespaces,
    // Which ConfigMaps are ours no Role can say, and others hold settings of other programs.
    readsHistory: false,
    isInCluster: true,
  });
  const gate = new ClusterGate({
    tokens: new TokenReviews({ client, clock, report }),
    access: new AccessReviews({ client, clock, report, namespaces: () => state.namespaces() }),
    proxy: proxy === undefined ? undefined : new ProxyIdentity(proxy),
  });
  const server = new DashboardServer({
    clock,
    state,
    script,
    gate,
    host,
    port,
    streamsPerViewer: STREAMS_PER_VIEWER,
    onRefusal: (code, because) => report.refused(code, because),
  });
  return {
    state,
    start: async () => {
      const listening = await server.start();
      state.start();
      return listening;
    },
    stop: async () => {
      await state.stop();
      await server.stop();
    },
  };
}
