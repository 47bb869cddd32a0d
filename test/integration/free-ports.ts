import { randomInt } from 'node:crypto';
import { type AddressInfo, createServer, type Server } from 'node:net';

/**
 * Below the range from which Linux takes ports for outgoing connections (32768 and up). Above, any connection of this machine
 * may get the port between the look and the start, or while a server is being restarted; and a client that keeps trying the
 * port of a killed server may connect to itself.
 */
const LOWEST_PORT = 18_000;
const HIGHEST_PORT = 32_000;
const PORT_TRIES = 200;

/** Given out before, and perhaps not listened on yet. */
const given = new Set<number>();

/** So many different ports that are free on the address now, and that no other caller in this process is given. */
export async function freePorts(host: string, count: number): Promise<number[]> {
  const held: Server[] = [];
  try {
    for (let tries = 0; held.length < count && tries < PORT_TRIES; tries++) {
      const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
      if (given.has(port)) continue;
      const server = await listenOn(host, port);
      if (server !== undefined) held.push(server);
    }
    if (held.length < count) throw new Error(`no ${count} free ports on ${host}`);
    const ports = held.map((server) => (server.address() as AddressInfo).port);
    for (const port of ports) given.add(port);
    return ports;
  } finally {
    await Promise.all(held.map((server) => new Promise((closed) => server.close(closed))));
  }
}

function listenOn(host: string, port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => resolve(server));
  });
}
