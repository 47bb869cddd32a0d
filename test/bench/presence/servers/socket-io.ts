import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { Server } from 'socket.io';
import { connectRedis } from './redis-connections.ts';

/**
 * A presence room as Socket.IO's guides build it: the Redis adapter, a socket room a wedding, events for who comes and
 * goes, `fetchSockets` for who is there. No durable state, no authorisation.
 */
const { redis: publisher, subscriber, sharded } = connectRedis(process.env);

interface SocketData {
  user: string;
  room?: string;
}

type Members = { readonly members: readonly string[] } | { readonly failed: true };
type Answer = (members: Members) => void;

const http = createServer();
const io = new Server<
  {
    join: (message: { readonly room: string }, answer: Answer) => void;
    update: (data: unknown) => void;
    list: (answer: Answer) => void;
  },
  Record<string, (data: unknown) => void>,
  Record<string, never>,
  SocketData
>(http, {
  adapter: sharded ? createShardedAdapter(publisher, subscriber) : createAdapter(publisher, subscriber),
  transports: ['websocket'],
  serveClient: false,
});

async function membersOf(room: string): Promise<Members> {
  try {
    const sockets = await io.in(room).fetchSockets();
    return { members: sockets.map((socket) => socket.data.user) };
  } catch {
    return { failed: true };
  }
}

io.on('connection', (socket) => {
  socket.data.user = String(socket.handshake.query.user);
  const join = async (room: string, answer: Answer): Promise<void> => {
    await socket.join(room);
    socket.data.room = room;
    socket.to(room).emit('joined', { user: socket.data.user });
    answer(await membersOf(room));
  };
  socket.on('join', ({ room }, answer) => void join(room, answer));
  socket.on('update', (data) => {
    if (socket.data.room !== undefined) io.to(socket.data.room).emit('update', data);
  });
  socket.on('list', (answer) => void membersOf(socket.data.room ?? '').then(answer));
  socket.on('disconnecting', () => {
    if (socket.data.room !== undefined) {
      socket.to(socket.data.room).emit('left', { user: socket.data.user });
    }
  });
});

http.listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as AddressInfo).port }));
process.once('SIGTERM', () => {
  // Time for what `disconnecting` published, as a pod that ends well gives it.
  void io.close().then(() => setTimeout(() => process.exit(0), 200));
});
