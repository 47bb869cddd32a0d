/**
 * Runs as a pod beside the Redis Cluster, whose pods the machine of the tests cannot reach. `GET /begin` starts a phase,
 * `GET /progress` counts its acknowledged writes, `GET /report` reads everything back and tells what it was like.
 */
import { createServer, type ServerResponse } from 'node:http';
import { Cluster } from 'ioredis';
import { tunedClusterOptions } from '../../src/platform/redis/cluster-options.ts';
import { TlsTrust } from '../../src/platform/redis/tls-trust.ts';
import { NumberedWriter } from '../support/numbered-writer.ts';

const WRITE_EVERY_MS = 20;
const { REDIS_HOST = '', REDIS_USERNAME, REDIS_PASSWORD, REDIS_CA, REDIS_SERVER_NAME = '' } = process.env;
const { PORT = '8080' } = process.env;
const tls = REDIS_CA === undefined ? undefined : new TlsTrust(REDIS_CA, REDIS_SERVER_NAME).option;

const cluster = new Cluster(
  [{ host: REDIS_HOST, port: 6379 }],
  tunedClusterOptions({ username: REDIS_USERNAME, password: REDIS_PASSWORD, tls }),
);
cluster.on('error', (error: Error & { lastNodeError?: Error }) =>
  console.error(error.message, error.lastNodeError?.message ?? ''),
);
const writer = new NumberedWriter(cluster);

const server = createServer((request, response) => void answer(request.url, response));

async function answer(url: string | undefined, response: ServerResponse): Promise<void> {
  try {
    if (url === '/begin') writer.begin();
    response.end(JSON.stringify(url === '/report' ? await writer.report() : writer.progress()));
  } catch (error) {
    response.statusCode = 500;
    response.end(error instanceof Error ? error.message : String(error));
  }
}
server.listen(Number(PORT), () => writer.start(WRITE_EVERY_MS));
process.once('SIGTERM', () => process.exit(0));
