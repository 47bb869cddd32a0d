/**
 * `npm run conformance -- URL KEYFILE` holds a server to docs/protocol.md. URL is `ws://host:port/v1/presence`; KEYFILE has the secret
 * of HS256 that the server checks tokens with. The server has to have its default limits.
 *
 * `npm run conformance -- client COMMAND…` holds a client to it: COMMAND is started once for each scenario (see client/README.md).
 */
import { readFileSync } from 'node:fs';
import { CLIENT_PROMISES } from './client/promises.ts';
import { checkClient } from './client/run.ts';
import { checkPromise, type Verdict } from './run.ts';
import { SERVER_PROMISES } from './server/promises.ts';

const USAGE = 'usage: npm run conformance -- URL KEYFILE | npm run conformance -- client COMMAND …';

function report({ id, promise, broken, ms }: Verdict): void {
  console.log(`${broken === undefined ? '+' : '!'} ${id} (${ms} ms): ${promise}`);
  if (broken !== undefined) console.log(`    ${broken}`);
}

async function verdicts(): Promise<Verdict[]> {
  const [first, ...rest] = process.argv.slice(2);
  const all: Verdict[] = [];
  const take = (verdict: Verdict): void => {
    report(verdict);
    all.push(verdict);
  };
  if (first === 'client' && rest.length > 0) {
    for (const promise of CLIENT_PROMISES) take(await checkClient(promise, rest));
    return all;
  }
  const [keyFile] = rest;
  if (first === undefined || keyFile === undefined || !/^wss?:/.test(first)) {
    console.error(USAGE);
    process.exit(2);
  }
  const key = readFileSync(keyFile, 'utf8').trim();
  for (const promise of SERVER_PROMISES) take(await checkPromise(promise, first, key));
  return all;
}

const all = await verdicts();
const failed = all.filter(({ broken }) => broken !== undefined).length;
console.log(`${all.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
