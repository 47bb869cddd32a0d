/**
 * `npm run presence` starts a Valkey cluster of three and one presence server on loopback, for people who write clients, and runs
 * until Ctrl-C. `npm run presence -- token USER [WEDDING…]` prints a token for another person.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { outDirectory } from '../cluster/paths.ts';
import { keyFile, readyToken, signingKey } from './signing-key.ts';
import { startStack } from './stack.ts';

const PORT = '8080';
const WEDDING = 'ada-and-grace';
const USAGE = 'usage: npm run presence [-- --port PORT] | npm run presence -- token USER [WEDDING …]';
/** Says which process runs it, for a second one. */
const stateFile = path.join(outDirectory, 'presence/running.json');

function end(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '0.0.0.0', () => probe.close(() => resolve(true)));
  });
}

/** The run that is alive, if there is one. */
function running(): { readonly pid: number; readonly url: string } | undefined {
  try {
    const state = JSON.parse(readFileSync(stateFile, 'utf8')) as { pid: number; url: string };
    process.kill(state.pid, 0);
    return state;
  } catch {
    return undefined;
  }
}

async function run(port: number): Promise<void> {
  const other = running();
  if (other !== undefined)
    end(
      `npm run presence is running already, as process ${other.pid}: ${other.url}\nCtrl-C there ends it.`,
      1,
    );
  if (port !== 0 && !(await isFree(port)))
    end(`port ${port} is taken by another program; choose one: npm run presence -- --port 18080`, 1);
  const key = signingKey();
  mkdirSync(path.dirname(stateFile), { recursive: true });
  writeFileSync(stateFile, JSON.stringify({ pid: process.pid, url: 'it is starting' }));
  process.once('exit', () => rmSync(stateFile, { force: true }));
  const stop = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
  });
  console.log('starting a Valkey cluster of three and one presence server');
  const stack = await startStack(port, key, (line) => console.log(line));
  writeFileSync(stateFile, JSON.stringify({ pid: process.pid, url: stack.url }));
  console.log(`
URL      ${stack.url}
key      ${keyFile} (HS256)
token    ${await readyToken(key, 'ann', [WEDDING])}
         for ann, planner, wedding ${WEDDING}, 24 h; for others: npm run presence -- token USER [WEDDING …]
metrics  ${stack.metrics}

docs/protocol.md is the page to write a client from. npm run conformance -- ${stack.url} ${keyFile}
Ctrl-C ends everything.`);
  const code = await Promise.race([stop.then(() => 0), stack.serverEnded.then(() => 1)]);
  console.log(code === 0 ? 'ending' : 'the server ended by itself; see out/presence/server.log');
  await stack.close();
  process.exit(code);
}

const { values, positionals } = (() => {
  try {
    return parseArgs({ options: { port: { type: 'string', default: PORT } }, allowPositionals: true });
  } catch (error) {
    return end(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`, 2);
  }
})();
const [verb, user, ...weddings] = positionals;
const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535)
  end(`--port: ${values.port} is no port\n${USAGE}`, 2);
if (verb === undefined) await run(port);
else if (verb === 'token' && user !== undefined)
  console.log(await readyToken(signingKey(), user, weddings.length === 0 ? [WEDDING] : weddings));
else end(USAGE, 2);
