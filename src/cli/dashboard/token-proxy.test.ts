import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { TokenProxy } from './token-proxy.ts';

it.each([401, 403])('passes a %i on as a failure, because no token can be entered here', async (refusal) => {
  const upstream = createServer(({ headers }, response) => {
    response.writeHead(refusal).end(`no rights for ${headers.authorization}`);
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const proxy = new TokenProxy({
    port: 0,
    token: 'local',
    upstreamPort: () => (upstream.address() as AddressInfo).port,
    bearer: async () => 'mine',
  });
  const port = await proxy.start();
  onTestFinished(async () => {
    await proxy.stop();
    upstream.closeAllConnections();
    upstream.close();
  });
  const headers = { authorization: 'Bearer local' };
  const sent = request({ host: '127.0.0.1', port, path: '/api/fleet', headers, agent: false }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(502);
  expect(await text(answer)).toBe('no rights for Bearer mine');
});
