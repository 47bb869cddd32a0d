import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../support/run-cli.ts';
import { ShiftedClock } from '../../support/shifted-clock.ts';
import { type InstalledKinds, startWithKinds } from '../installed-kinds.ts';
import { applyRecorded, type RunningDashboard, startDashboard } from './dashboard-world.ts';
import { EVENING, RECORDED } from './wedding-evening.ts';

const START_MS = 600_000;
const WEDSYNC = '/api/clusters/weddings/wedsync';

let kinds: InstalledKinds;
let dashboard: RunningDashboard;

beforeAll(async () => {
  kinds = await startWithKinds();
  await applyRecorded(kinds.client, RECORDED);
  const script = Buffer.from('export {};');
  dashboard = await startDashboard(kinds, new ShiftedClock(EVENING.getTime() - Date.now()), script);
}, START_MS);

afterAll(async () => {
  await dashboard?.stop();
  await kinds?.stop();
}, START_MS);

interface Answer {
  status: number | undefined;
  body: string;
  headers: IncomingMessage['headers'];
}

async function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const authorization = `Bearer ${dashboard.token}`;
  const { port } = new URL(dashboard.origin);
  const sent = request({
    host: '127.0.0.1',
    port,
    path,
    method,
    headers: { authorization, ...headers },
  }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

describe('the server of the dashboard', () => {
  it('refuses a request without the token, another name, another method and what is not there', async () => {
    const port = new URL(dashboard.origin).port;
    const answers = [
      await ask('/api/fleet', { authorization: '' }),
      await ask('/api/fleet', { authorization: `Bearer ${'0'.repeat(32)}` }),
      await ask('/', { host: `evil.example:${port}` }),
      await ask('/api/fleet', {}, 'POST'),
      await ask(`${WEDSYNC}/explain?at=2027-06-05T18:30`, {}, 'DELETE'),
      await ask('/../etc/passwd'),
      await ask('/api/clusters/weddings/nobody'),
      await ask(`${WEDSYNC}/weddings/nobody`),
      await ask(`${WEDSYNC}/weddings`),
      await ask('/api/clusters/weddings/%E0%A4%A'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 403, 405, 405, 404, 404, 404, 404, 400]);
    expect(await ask('/', { host: `localhost:${port}` })).toMatchObject({ status: 200 });
  });

  it('lets the browser run its own script only, and sets no cookie', async () => {
    for (const path of ['/', '/dashboard.js', '/api/nothing']) {
      const { headers } = await ask(path);
      expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers).not.toHaveProperty('set-cookie');
    }
  });

  it.each([
    [`${WEDSYNC}/explain`, 'at:'],
    [`${WEDSYNC}/explain?at=9999-01-01T00:00`, 'at:'],
    [`${WEDSYNC}/calendar?day=tomorrow`, 'day:'],
    [`${WEDSYNC}/calendar?day=2027-06-01&days=100000`, 'days:'],
    [`${WEDSYNC}?span=year`, 'span:'],
  ])('names what is wrong with %s', async (path, field) => {
    expect(await ask(path)).toMatchObject({ status: 400, body: expect.stringContaining(field) });
  });

  it('answers as kubectl presence explain does', async () => {
    const { body } = await ask(`${WEDSYNC}/explain?at=2027-06-05T18:30`);
    const args = ['explain', 'wedsync', '-n', 'weddings', '--at', '2027-06-05T18:30', '-o', 'json'];
    const { stdout } = await runCli([...args, '--kubeconfig', kinds.server.kubeconfig]);
    const said = JSON.parse(stdout);
    const { desired, floor, because, candidates, nextChange } = said;
    expect(JSON.parse(body)).toMatchObject({ desired, floor, because, candidates, nextChange });
    expect(said.frozen).toMatchObject(JSON.parse(body).freeze);
  });

  it('says what is wrong before it listens', async () => {
    const target = ['--kubeconfig', kinds.server.kubeconfig];
    expect(await runCli(['dashboard', '--context', 'visitor', ...target])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('403'),
    });
    const taken = new URL(dashboard.origin).port;
    expect(await runCli(['dashboard', '--port', taken, '--no-open', ...target])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`--port ${taken}`),
    });
    expect(await runCli(['dashboard', '--port', '70000', ...target])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('is not a port'),
    });
  });

  it('prints its address, serves, and ends when it is told to', async () => {
    const result = await runCli(['dashboard', '-A', '--no-open', '--kubeconfig', kinds.server.kubeconfig]);
    expect(result).toMatchObject({
      exitCode: 0,
      stderr: '',
      stdout: expect.stringMatching(/^Dashboard: http:\/\/127\.0\.0\.1:\d+\/#token=[0-9a-f]{32}\n$/),
    });
  });
});
