import { defineConfig } from 'vitest/config';
import { BaseSequencer, type Reporter, type TestSpecification } from 'vitest/node';
import { FailuresReporter, failuresFile, REPORT_VARIABLE } from './test/suite/failures-reporter.ts';

/**
 * Unit and property tests are pure, and none computes for longer than ten seconds on a machine that does nothing else; everything with
 * processes waits for conditions under a stated limit. These limits end what hangs, and nothing that is slow.
 */
const UNIT_TIMEOUT_MS = 180_000;
const PROCESS_TIMEOUT_MS = 180_000;
/** Pods are renewed one by one, on a small machine. */
const CLUSTER_TIMEOUT_MS = 900_000;
/** `expect.poll` gives up after a second by itself, which a loaded machine can take for anything. */
const POLL = { timeout: 30_000 };
/** Integration tests wait for processes more than they compute: more workers than a small machine has cores. */
const WAITING_WORKERS = 3;
/** Each file has a namespace of its own; two of the longest wait for the calendar most of the time. */
const CLUSTER_WORKERS = 3;

/**
 * Integration tests that measure how long something takes, that stop processes for an exact time, or in which a request
 * has a limit of a few seconds. They run one after the other, while nothing else runs.
 */
const TIMED = [
  'test/integration/admission/admission-same-pace.test.ts',
  'test/integration/client/client-browser.test.ts',
  'test/integration/monitoring/prometheus.test.ts',
  'test/integration/operator/hostile-feeds.test.ts',
  'test/integration/operator/slo.test.ts',
  'test/integration/platform/platform-bundle.test.ts',
  'test/integration/platform/platform-leader-election.test.ts',
  'test/integration/platform/platform-two-processes.test.ts',
  'test/integration/presence/presence-black-hole.test.ts',
  'test/integration/presence/presence-jwks.test.ts',
  'test/integration/presence/presence-load.test.ts',
  'test/integration/presence/presence-outage.test.ts',
  'test/integration/presence/presence-stalls.test.ts',
  'test/integration/redis/topology-elections.test.ts',
  'test/integration/redis/topology-reshard.test.ts',
  'test/integration/redis/topology-take-over.test.ts',
];
/** Changes a class of ioredis for the rest of the process, and shows how it behaved before. */
const CHANGES_A_MODULE = 'src/platform/redis/outlive-tls-errors.test.ts';
/** Builds and tests the load driver, a Go program. */
const GO_DRIVER = 'test/bench/presence/driver.test.ts';
/**
 * What 2,000 clients see of a rolling restart, that every slot is served while all Redis pods are renewed, and that every shard has its
 * replica when a PresenceCluster becomes Ready: on a machine that other tests keep busy, servers do not answer in time. Nothing else
 * runs beside these.
 */
const TIMED_ON_CLUSTER = [
  'test/e2e/presence-restart.test.ts',
  'test/e2e/freeze.test.ts',
  'test/e2e/lifecycle.test.ts',
];

/** Without these at the start, the last worker would still be at one of them when the others have nothing left to do. */
const LONGEST = [
  'test/e2e/autoscaling.test.ts',
  'test/e2e/calendar.test.ts',
  'test/integration/operator/autoscaling.test.ts',
  'test/integration/admission/admission-table.test.ts',
  'test/integration/redis/topology.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return found < 0 ? LONGEST.length : found;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

const quick = {
  expect: { poll: POLL },
  testTimeout: UNIT_TIMEOUT_MS,
  hookTimeout: UNIT_TIMEOUT_MS,
};
const processes = {
  expect: { poll: POLL },
  testTimeout: PROCESS_TIMEOUT_MS,
  hookTimeout: PROCESS_TIMEOUT_MS,
};
const onCluster = {
  globalSetup: ['test/e2e/global-setup.ts'],
  testTimeout: CLUSTER_TIMEOUT_MS,
  hookTimeout: CLUSTER_TIMEOUT_MS,
  bail: 0,
};

const report = process.env[REPORT_VARIABLE];
const reports: (Reporter | ['json', { outputFile: string }])[] =
  report === undefined ? [] : [['json', { outputFile: report }], new FailuresReporter(failuresFile(report))];

export default defineConfig({
  test: {
    reporters: ['default', ...reports],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...quick,
          name: 'unit',
          include: [
            'src/**/*.{test,prop.test}.ts',
            'test/cluster/**/*.test.ts',
            'release/**/*.test.ts',
            'test/house/**/*.test.ts',
            'test/fuzz/*.test.ts',
            'test/suite/**/*.test.ts',
            'test/demo/**/*.test.ts',
            'test/load/**/*.test.ts',
            'test/bench/**/*.test.ts',
            'test/conformance/**/*.test.ts',
          ],
          exclude: [GO_DRIVER, CHANGES_A_MODULE],
          // Modules are loaded once per worker instead of once per file: half of the CPU time. Tests leave no state in modules.
          isolate: false,
        },
      },
      { test: { ...quick, name: 'unit-isolated', include: [CHANGES_A_MODULE] } },
      { test: { ...processes, name: 'chart', include: ['test/chart/**/*.test.ts'] } },
      {
        test: {
          ...processes,
          name: 'integration',
          include: ['test/integration/**/*.test.ts', GO_DRIVER],
          exclude: TIMED,
          maxWorkers: WAITING_WORKERS,
        },
      },
      { test: { ...processes, name: 'timed', include: TIMED, fileParallelism: false } },
      {
        test: {
          ...onCluster,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: TIMED_ON_CLUSTER,
          maxWorkers: CLUSTER_WORKERS,
        },
      },
      { test: { ...onCluster, name: 'e2e-timed', include: TIMED_ON_CLUSTER, fileParallelism: false } },
      {
        test: {
          name: 'chaos',
          globalSetup: ['test/e2e/global-setup.ts'],
          include: ['test/chaos/**/*.test.ts'],
          testTimeout: 2 * PROCESS_TIMEOUT_MS,
          hookTimeout: 2 * PROCESS_TIMEOUT_MS,
          fileParallelism: false,
        },
      },
    ],
  },
});
