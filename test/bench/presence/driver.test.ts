import { execFile } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

/** A cold build cache compiles part of Go's standard library first. */
const BUILDS_WITHIN_MS = 600_000;

it('passes the tests of the driver, which is a Go program', { timeout: BUILDS_WITHIN_MS }, async () => {
  // The module has no dependencies; GOPROXY and GOTOOLCHAIN see to it that none are fetched.
  const options = {
    cwd: path.join(import.meta.dirname, 'driver'),
    env: {
      ...process.env,
      CGO_ENABLED: '0',
      GOFLAGS: '-buildvcs=false',
      GOPROXY: 'off',
      GOTOOLCHAIN: 'local',
    },
  };
  const { error, output } = await new Promise<{ error: Error | null; output: string }>((resolve) => {
    execFile('go', ['test', '-count=1', './...'], options, (failed, stdout, stderr) =>
      resolve({ error: failed, output: `${stdout}${stderr}` }),
    );
  });
  expect(error, `${output}\nGo is needed on PATH.`).toBeNull();
  expect(output).toContain('presence-bench-driver');
});
