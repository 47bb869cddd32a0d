import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../../cluster/paths.ts';
import { CLIENT_PROMISES } from '../../conformance/client/promises.ts';
import { checkClient } from '../../conformance/client/run.ts';

/** What examples/python/presence.py says it needs. */
const WEBSOCKETS = 'websockets>=15,<18';

/** Of a mirror that answers slowly. */
const INSTALLS_WITHIN_MS = 600_000;

/** Does what a client does that was written in an hour: no ids, no numbers, no waits. */
const NAIVE = `
const { PRESENCE_URL, PRESENCE_TOKEN, PRESENCE_WEDDING: wedding, PRESENCE_STATUS: status } = process.env;
const members = {};
const connect = () => {
  const socket = new WebSocket(PRESENCE_URL + '?access_token=' + PRESENCE_TOKEN);
  socket.onopen = () => socket.send(JSON.stringify({ type: 'join', wedding, status }));
  socket.onclose = connect;
  socket.onmessage = ({ data }) => {
    const { type, epoch, seq, changes = [], members: all = [] } = JSON.parse(data);
    for (const { user, status = null } of [...all, ...changes.map(({ member, user }) => member ?? { user })]) members[user] = status;
    if (type === 'snapshot' || type === 'diff') console.log(JSON.stringify({ epoch, seq, members }));
  };
};
connect();
`;

describe.each([
  [
    'our client',
    (): string[] => [process.execPath, path.join(repository, 'test/conformance/client/ours.ts')],
  ],
  ['the client in Python', (): string[] => ['python3', path.join(repository, 'examples/python/presence.py')]],
])('%s keeps what docs/protocol.md asks of it', (_, command) => {
  beforeAll(() => {
    process.env.PYTHONPATH = packages;
  });

  it.each(CLIENT_PROMISES.map((promise) => [promise.id, promise] as const))('%s', async (_id, promise) => {
    expect((await checkClient(promise, command())).broken).toBeUndefined();
  });
});

const packages = mkdtempSync(path.join(tmpdir(), 'conformance-'));
beforeAll(async () => {
  const install = ['install', '--quiet', '--retries', '10', '--target', packages, WEBSOCKETS];
  await promisify(execFile)('python3', ['-m', 'pip', ...install]);
}, INSTALLS_WITHIN_MS);
// A client that was just killed may still write there.
afterAll(() => rmSync(packages, { recursive: true, force: true, maxRetries: 5 }));

it('the suite notices what a naive client does', async () => {
  const file = path.join(packages, 'naive.mjs');
  writeFileSync(file, NAIVE);
  const wanted = [
    'client-join',
    'client-leave-in-diff',
    'client-reconnects',
    'client-gives-up',
    'client-refused-for-now',
  ];
  const broken: string[] = [];
  for (const promise of CLIENT_PROMISES.filter(({ id }) => wanted.includes(id)))
    if ((await checkClient(promise, [process.execPath, file])).broken !== undefined) broken.push(promise.id);
  expect(broken).toEqual([
    'client-leave-in-diff',
    'client-reconnects',
    'client-refused-for-now',
    'client-gives-up',
  ]);
});
