import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { Redis } from 'ioredis';
import { afterAll, expect, it } from 'vitest';
import { issueCertificate } from '../tls/issue-certificate.ts';
import { outliveTlsErrors } from './outlive-tls-errors.ts';

const life = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
const authority = issueCertificate({ kind: 'Authority', commonName: 'authority', ...life });
const leaf = issueCertificate({ kind: 'Peer', commonName: 'peer', dnsNames: ['redis'], authority, ...life });

const server = createServer({ cert: leaf.certificate, key: leaf.key }, (socket) => {
  socket.on('error', () => {});
});

afterAll(() => void server.close());

async function connected(): Promise<{ redis: Redis; stream: TLSSocket; errors: string[] }> {
  const { port } = server.address() as AddressInfo;
  const tls = { ca: authority.certificate, servername: 'redis' };
  const redis = new Redis({
    host: '127.0.0.1',
    port,
    tls,
    enableReadyCheck: false,
    disableClientInfo: true,
    protocol: 2,
  });
  const errors: string[] = [];
  redis.on('error', (error: Error) => errors.push(error.message));
  await once(redis, 'connect');
  return { redis, stream: (redis as unknown as { stream: TLSSocket }).stream, errors };
}

it('a client outlives a TLS socket that tells more than one error, which it would not without', async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const tell = (stream: TLSSocket) => {
    for (const says of ['first', 'second']) stream.emit('error', new Error(says));
  };
  const before = await connected();
  expect(() => tell(before.stream)).toThrow('second');
  outliveTlsErrors();
  const after = await connected();
  tell(after.stream);
  expect(after.errors).toEqual(['first']);
  for (const { redis } of [before, after]) redis.disconnect();
});
