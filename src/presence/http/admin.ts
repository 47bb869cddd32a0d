import type { IncomingMessage, ServerResponse } from 'node:http';
import { PEER_PATH } from '../peers/peers.ts';
import type { PresenceMetrics } from '../telemetry/metrics.ts';

export interface AdminDeps {
  readonly metrics: PresenceMetrics;
  /** Why the server should get no new clients; undefined when it should. */
  readonly notReadyBecause: () => string | undefined;
  /** Takes what other presence servers say. */
  readonly peerEndpoint: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

/** `/metrics`, `/healthz` (the process works), `/readyz` (new clients are welcome), and the path of the other servers. */
export function createAdminHandler(
  deps: AdminDeps,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const path = request.url?.split('?')[0] ?? '/';
    const answered = path === PEER_PATH ? deps.peerEndpoint(request, response) : answer(deps, path, response);
    answered.catch(() => (response.headersSent ? response.destroy() : response.writeHead(500).end()));
  };
}

async function answer(deps: AdminDeps, path: string, response: ServerResponse): Promise<void> {
  switch (path) {
    case '/metrics': {
      const { registry } = deps.metrics;
      const text = await registry.metrics();
      response.writeHead(200, { 'content-type': registry.contentType }).end(text);
      return;
    }
    // Never depends on Redis: a restart would not bring Redis back, and would end every connection.
    case '/healthz':
      response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n');
      return;
    case '/readyz': {
      const because = deps.notReadyBecause();
      response.writeHead(because === undefined ? 200 : 503, { 'content-type': 'text/plain' });
      response.end(`${because ?? 'ok'}\n`);
      return;
    }
    default:
      response.writeHead(404).end();
  }
}
