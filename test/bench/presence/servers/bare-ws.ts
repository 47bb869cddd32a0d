import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { connectRedis } from './redis-connections.ts';

/**
 * The floor: what one must pay for WebSockets and Redis, and nothing else. A channel a room, one publish an update, the
 * text that came is the text that goes out. Who is there is a Redis hash that every server writes when somebody comes
 * or goes. No sequence numbers, no authorisation, no liveness, and nobody tidies up after a server that died.
 */
const { redis, subscriber, sharded } = connectRedis(process.env);
const rooms = new Map<string, Set<WebSocket>>();

const publish = (room: string, text: string) =>
  sharded ? redis.spublish(room, text) : redis.publish(room, text);

subscriber.on(sharded ? 'smessage' : 'message', (room: string, text: string) => {
  for (const socket of rooms.get(room) ?? []) {
    if (socket.readyState === WebSocket.OPEN) socket.send(text);
  }
});

async function enter(room: string, socket: WebSocket): Promise<void> {
  const members = rooms.get(room);
  if (members !== undefined) {
    members.add(socket);
    return;
  }
  rooms.set(room, new Set([socket]));
  await (sharded ? subscriber.ssubscribe(room) : subscriber.subscribe(room));
}

async function membersOf(room: string): Promise<string[]> {
  return Object.values(await redis.hgetall(`members:${room}`));
}

interface Incoming {
  readonly type: 'join' | 'update' | 'list';
  readonly room?: string;
  readonly data?: unknown;
}

let connections = 0;
const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false });

server.on('connection', (socket, request) => {
  const user = new URL(request.url ?? '', 'http://server').searchParams.get('user') ?? '';
  const id = `${process.pid}-${++connections}`;
  let room = '';
  const join = async (wanted: string): Promise<void> => {
    room = wanted;
    await enter(room, socket);
    await redis.hset(`members:${room}`, id, user);
    await publish(room, JSON.stringify({ type: 'joined', user }));
    socket.send(JSON.stringify({ type: 'welcome', members: await membersOf(room) }));
  };
  const handle = async (message: Incoming): Promise<void> => {
    if (message.type === 'join') await join(message.room ?? '');
    else if (message.type === 'list') {
      socket.send(JSON.stringify({ type: 'members', members: await membersOf(room) }));
    } else await publish(room, JSON.stringify({ type: 'update', user, data: message.data }));
  };
  const leave = async (): Promise<void> => {
    rooms.get(room)?.delete(socket);
    await redis.hdel(`members:${room}`, id);
    await publish(room, JSON.stringify({ type: 'left', user }));
  };
  socket.on('message', (raw: Buffer) => void handle(JSON.parse(raw.toString()) as Incoming));
  socket.on('close', () => void leave());
  socket.send(JSON.stringify({ type: 'hello' }));
});

http.listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as AddressInfo).port }));
process.once('SIGTERM', () => {
  http.close();
  for (const socket of server.clients) socket.close(1001);
  // Time for the close frames and for what the close handlers publish.
  setTimeout(() => process.exit(0), 500);
});
