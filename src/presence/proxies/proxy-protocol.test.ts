import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { refuseByHttp } from '../socket/refusals.ts';
import { addressesIn } from './client-address.ts';
import { ProxyProtocol } from './proxy-protocol.ts';

const WITHIN_MS = 10_000;
const HEADER = 'PROXY TCP4 203.0.113.7 127.0.0.1 4711 8080\r\n';
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const UPGRADE = 'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';

let server: Server | undefined;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.closeAllConnections();
  if (server !== undefined) await new Promise((closed) => server?.close(closed));
  server = undefined;
});

/** A server that answers with the client address of the PROXY header. Its upgraded sockets echo. */
async function listening(trusted: readonly string[]) {
  const clock = new ManualClock();
  let seen = 0;
  const protocol = new ProxyProtocol({
    clock,
    trusts: addressesIn(trusted),
    withinMs: WITHIN_MS,
    refused: (socket, message) => refuseByHttp(socket, 400, { code: 'invalid_request', message }),
  });
  server = createServer((request, response) => response.end(protocol.addressOf(request.socket) ?? 'unknown'));
  protocol.attach(server);
  server.on('connection', () => seen++);
  server.on('upgrade', (request, socket: Socket, head: Buffer) => {
    socket.write(`HTTP/1.1 101 Switching\r\n\r\n${protocol.addressOf(request.socket)}:`);
    socket.write(head);
    socket.on('data', (chunk) => socket.write(chunk)).on('end', () => socket.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const open = async () => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true);
    sockets.push(socket);
    let text = '';
    let isClosed = false;
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    socket.on('close', () => {
      isClosed = true;
    });
    socket.on('error', () => {});
    await once(socket, 'connect');
    return { socket, text: () => text, isClosed: () => isClosed };
  };
  return { clock, open, seen: () => seen };
}

describe('connections of a trusted proxy', () => {
  it('have the address of their header, in one piece with the request or byte by byte', async () => {
    const { open } = await listening(['127.0.0.0/8']);
    const whole = await open();
    whole.socket.write(HEADER + REQUEST);
    await expect.poll(whole.text).toMatch(/203\.0\.113\.7$/);
    const slow = await open();
    for (const byte of HEADER + REQUEST) {
      slow.socket.write(byte);
      await new Promise(setImmediate);
    }
    await expect.poll(slow.text).toMatch(/203\.0\.113\.7$/);
  });

  it('become a WebSocket with all bytes, those that came with the request and those after it', async () => {
    const { open } = await listening(['127.0.0.0/8']);
    const { socket, text } = await open();
    socket.write(`${HEADER}${UPGRADE}first`);
    await expect.poll(text).toMatch(/\r\n\r\n203\.0\.113\.7:first$/);
    socket.write(' second');
    await expect.poll(text).toMatch(/first second$/);
  });

  it('are refused without a header, and told why', async () => {
    const { open } = await listening(['127.0.0.0/8']);
    const { socket, text, isClosed } = await open();
    socket.write(REQUEST);
    await expect.poll(isClosed).toBe(true);
    expect(text()).toMatch(/^HTTP\/1\.1 400 Bad Request[\s\S]*does not begin with a PROXY header/);
  });

  it('are ended when their header does not come in time', async () => {
    const { open, clock, seen } = await listening(['127.0.0.0/8']);
    const { socket, isClosed } = await open();
    socket.write(HEADER.slice(0, 20));
    await expect.poll(seen).toBe(1);
    await clock.advance(WITHIN_MS - 1);
    expect(isClosed()).toBe(false);
    await clock.advance(1);
    await expect.poll(isClosed).toBe(true);
  });
});

describe('connections of others', () => {
  it('have no header, and are served', async () => {
    const { open } = await listening(['10.0.0.0/8']);
    const { socket, text } = await open();
    socket.write(REQUEST);
    await expect.poll(text).toMatch(/unknown$/);
  });

  it('cannot send one: it is no request', async () => {
    const { open } = await listening(['10.0.0.0/8']);
    const { socket, text } = await open();
    socket.write(HEADER + REQUEST);
    await expect.poll(text).toMatch(/^HTTP\/1\.1 400 Bad Request/);
  });
});
