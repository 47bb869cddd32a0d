import { defineConfig } from 'vitest/config';

/**
 * Unit and property tests are pure and quick, on a machine that does nothing else; everything with processes waits for
 * conditions under a stated limit.
 */
const UNIT_TIMEOUT_MS = 60_000;
const PROCESS_TIMEOUT_MS = 180_000;
/** Pods are renewed one by one, on a small machine. */
const CLUSTER_TIMEOUT_MS = 900_000;
/** `expect.poll` gives up after a second by itself, which a loaded machine can take for anything. */
const POLL = { timeout: 15_000 };

export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.{test,prop.test}.ts',
            'test/cluster/**/*.test.ts',
            'test/house/**/*.test.ts',
            'test/suite/**/*.test.ts',
            'test/demo/**/*.test.ts',
            'test/load/**/*.test.ts',
            'test/bench/**/*.test.ts',
          ],
          testTimeout: UNIT_TIMEOUT_MS,
          hookTimeout: UNIT_TIMEOUT_MS,
          expect: { poll: POLL },
        },
      },
      { test: { name: 'chart', include: ['test/chart/**/*.test.ts'], testTimeout: PROCESS_TIMEOUT_MS } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          expect: { poll: POLL },
          testTimeout: PROCESS_TIMEOUT_MS,
          hookTimeout: PROCESS_TIMEOUT_MS,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          globalSetup: ['test/e2e/global-setup.ts'],
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: CLUSTER_TIMEOUT_MS,
          hookTimeout: CLUSTER_TIMEOUT_MS,
          fileParallelism: false,
          bail: 0,
        },
      },
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
