import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import packageJson from '../../package.json' with { type: 'json' };
import { BUILD_INFO } from '../api/v1alpha1/names.ts';
import { systemClock } from '../platform/runtime/clock.ts';
import { loopIteration } from '../platform/runtime/loop-iteration.ts';
import { createLogger } from '../platform/telemetry/log.ts';
import { registerBuildInfo } from '../platform/telemetry/process-metrics.ts';
import { ConfigError, readConfig } from './config/config.ts';
import { hostAddress } from './config/host-address.ts';
import { startPresenceServer } from './server.ts';

/** EX_CONFIG of sysexits.h: a restart will not help. */
const WRONG_CONFIGURATION = 78;

function configuration() {
  try {
    return readConfig(process.env, (path) => readFileSync(path));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`presence: ${error.message}\n`);
    process.exit(WRONG_CONFIGURATION);
  }
}

const config = configuration();
const log = createLogger({ name: 'presence', level: config.logLevel });
process.on('unhandledRejection', (reason) => log.error({ err: reason }, 'unhandled rejection'));

const server = await startPresenceServer(config, {
  clock: systemClock,
  random: Math.random,
  log,
  readText: (path) => readFile(path, 'utf8'),
  yieldTo: setImmediate,
  iteration: loopIteration,
  hostAddress: hostAddress(networkInterfaces()),
});
registerBuildInfo(server.metrics.registry, {
  name: BUILD_INFO,
  program: 'presence',
  version: packageJson.version,
  node: process.version,
});
log.info({ port: server.port, adminPort: server.adminPort, pod: config.pod }, 'listening');

const end = (signal: string): void => {
  log.info({ signal }, 'shutting down');
  server.drain().then(
    () => process.exit(0),
    (error: unknown) => {
      log.fatal({ err: error }, 'the drain failed');
      process.exit(1);
    },
  );
};
// The handler stays: without one, a second SIGTERM would end the process in the middle of the drain.
process.on('SIGTERM', () => end('SIGTERM'));
// The second Ctrl-C of a developer ends the process at once.
process.once('SIGINT', () => end('SIGINT'));
