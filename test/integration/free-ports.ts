import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Below the range from which Linux takes ports for outgoing connections (32768 and up). Above, any connection of this machine
 * may get the port between the look and the start, or while a server is being restarted; and a client that keeps trying the
 * port of a killed server may connect to itself.
 */
const LOWEST_PORT = 18_000;
const HIGHEST_PORT = 32_000;
/** Ports come in blocks, each of one process: another worker must not take a port whose server is about to start, or restarts. */
const BLOCK_PORTS = 50;
const BLOCKS = (HIGHEST_PORT - LOWEST_PORT) / BLOCK_PORTS;
const BLOCK_TRIES = 2 * BLOCKS;

/** Each holds the first port of a block of this process, and with it the block, until the process ends. */
const guards: Server[] = [];
/** Ports of the blocks of this process that no caller was given. */
const left: number[] = [];

/**
 * So many different ports that are free on the address now, and that no other caller is given, in this process and in others.
 *
 * @throws {Error} when all blocks are taken
 */
export async function freePorts(host: string, count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = left.pop();
    if (port === undefined) await claimBlock();
    else if (await isFree(host, port)) ports.push(port);
  }
  return ports;
}

async function claimBlock(): Promise<void> {
  for (let tries = 0; tries < BLOCK_TRIES; tries++) {
    const first = LOWEST_PORT + randomInt(BLOCKS) * BLOCK_PORTS;
    const guard = await listenOn('127.0.0.1', first);
    if (guard === undefined) continue;
    guards.push(guard.unref());
    for (let port = first + BLOCK_PORTS - 1; port > first; port--) left.push(port);
    return;
  }
  throw new Error(`no free block of ports from ${LOWEST_PORT} to ${HIGHEST_PORT}`);
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = await listenOn(host, port);
  if (server === undefined) return false;
  await new Promise((closed) => server.close(closed));
  return true;
}

function listenOn(host: string, port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => resolve(server));
  });
}
