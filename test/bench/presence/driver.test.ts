import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

/** A cold build cache compiles part of Go's standard library first. */
const BUILDS_WITHIN_MS = 180_000;

it('passes the tests of the driver, which is a Go program', { timeout: BUILDS_WITHIN_MS }, () => {
  // The module has no dependencies; GOPROXY and GOTOOLCHAIN see to it that none are fetched.
  const { error, status, stdout, stderr } = spawnSync('go', ['test', '-count=1', './...'], {
    cwd: path.join(import.meta.dirname, 'driver'),
    env: {
      ...process.env,
      CGO_ENABLED: '0',
      GOFLAGS: '-buildvcs=false',
      GOPROXY: 'off',
      GOTOOLCHAIN: 'local',
    },
    encoding: 'utf8',
  });
  const output = error === undefined ? `${stdout}${stderr}` : `Go is needed on PATH: ${error.message}`;
  expect(status, output).toBe(0);
  expect(output).toContain('presence-bench-driver');
});
