import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Registry } from 'prom-client';
import type { Logger } from './log.ts';
import { metricsText } from './metrics-text.ts';

/** Throws, or rejects, with the reason when something is not well. */
export type HealthCheck = () => void | Promise<void>;

/** Checks by name, as they appear in `?verbose` and in their own path `/readyz/NAME`. */
export type HealthChecks = Readonly<Record<string, HealthCheck>>;

export interface ProbeServerOptions {
  port: number;
  /** All addresses when absent. */
  host?: string;
  registry: Registry;
  /** `/healthz` and `/livez`: when one fails the process should be restarted. */
  live: HealthChecks;
  /** `/readyz`: when one fails the process should get no traffic. */
  ready: HealthChecks;
  log: Logger;
}

/** Serves `/metrics`, `/healthz`, `/livez` and `/readyz`, in the manner of kube-apiserver. */
export interface ProbeServer {
  /** Gives the port, for when 0 was asked for. */
  start(): Promise<number>;
  stop(): Promise<void>;
}

interface Answer {
  status: number;
  contentType: string;
  /** Text, or parts of it that are made while they are sent. */
  body: string | AsyncIterable<string>;
}

const TEXT = 'text/plain; charset=utf-8';

export function createProbeServer(options: ProbeServerOptions): ProbeServer {
  const { registry, log } = options;
  const groups: Record<string, HealthChecks> = {
    healthz: options.live,
    livez: options.live,
    readyz: options.ready,
  };

  async function answer(request: IncomingMessage): Promise<Answer> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return { status: 405, contentType: TEXT, body: 'only GET\n' };
    }
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [group = '', ...rest] = url.pathname.slice(1).split('/');
    if (group === 'metrics' && rest.length === 0) {
      return { status: 200, contentType: registry.contentType, body: metricsText(registry) };
    }
    const checks = Object.hasOwn(groups, group) ? groups[group] : undefined;
    const name = rest.length === 0 ? undefined : rest.join('/');
    if (checks === undefined || (name !== undefined && !Object.hasOwn(checks, name))) {
      return { status: 404, contentType: TEXT, body: 'not found\n' };
    }
    const chosen = Object.entries(checks).filter(([check]) => name === undefined || check === name);
    return report(group, chosen, url.searchParams.has('verbose'));
  }

  async function report(group: string, checks: [string, HealthCheck][], verbose: boolean): Promise<Answer> {
    const results = await Promise.all(checks.map(([name, check]) => runCheck(name, check)));
    const failed = results.filter((result) => result.reason !== undefined);
    if (failed.length > 0) log.debug({ group, failed }, 'health checks failed');
    const lines = results.map(({ name, reason }) =>
      reason === undefined ? `[+]${name} ok` : `[-]${name} failed: ${reason}`,
    );
    const status = failed.length === 0 ? 200 : 503;
    const body =
      verbose || failed.length > 0 ? [...lines, `${group} ${status === 200 ? 'passed' : 'failed'}`] : ['ok'];
    return { status, contentType: TEXT, body: `${body.join('\n')}\n` };
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    void answer(request)
      .catch((error: unknown): Answer => {
        log.error({ err: error, url: request.url }, 'a probe could not be answered');
        return { status: 500, contentType: TEXT, body: 'internal error\n' };
      })
      .then(({ status, contentType, body }) => {
        response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
        if (request.method === 'HEAD') response.end();
        else if (typeof body === 'string') response.end(body);
        else return pipeline(Readable.from(body, { objectMode: false }), response);
        return undefined;
      })
      // A client that leaves in the middle is no news.
      .catch((error: unknown) => log.debug({ err: error }, 'an answer was not sent to its end'));
  }

  const server = createServer(handle);
  return {
    start() {
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(options.port, options.host, () => {
          server.off('error', reject);
          resolve((server.address() as AddressInfo).port);
        });
      });
    },
    stop() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function runCheck(
  name: string,
  check: HealthCheck,
): Promise<{ name: string; reason: string | undefined }> {
  try {
    await check();
    return { name, reason: undefined };
  } catch (error) {
    return { name, reason: error instanceof Error ? error.message : String(error) };
  }
}
