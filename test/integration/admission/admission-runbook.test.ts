import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../../cluster/paths.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { removeDirectory } from '../../support/remove-directory.ts';
import { type Actor, ADMIN, type Answer, type PolicyServer, startPolicyServer } from './policy-server.ts';
import { tryDelete, tryImage } from './tries.ts';
import { inSeconds, makeWorld, RIGHTS, window, writeFreeze } from './wedding-world.ts';

const HOUR = 3600;
/** The API server takes a moment to learn of what is new; a loaded machine takes longer. */
const IN_FORCE_WITHIN_MS = 60_000;
/** Somebody on call who may work with the namespace, has not the verb, and has never seen the product. */
const STRANGER: Actor = { user: 'stranger@example.org', groups: ['system:authenticated'] };
const BYSTANDER: Actor = { user: 'bystander@example.org', groups: ['system:authenticated'] };
const RULES = 'rbac.authorization.k8s.io';
const WORKS_HERE = {
  apiVersion: `${RULES}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name: 'strangers' },
  roleRef: { apiGroup: RULES, kind: 'ClusterRole', name: 'deployer' },
  subjects: [STRANGER, BYSTANDER].map(({ user: name }) => ({ apiGroup: RULES, kind: 'User', name })),
};

let server: PolicyServer;
let directory: string;
/** The `sh` blocks of each section of the runbook, by the heading. */
let blocks: Map<string, string[]>;

beforeAll(async () => {
  server = await startPolicyServer([...RIGHTS, WORKS_HERE]);
  await makeWorld(server);
  await writeFreeze(server, { phase: 'Frozen', windows: [window(-HOUR, HOUR)] });
  directory = await mkdtemp(path.join(tmpdir(), 'runbook-'));
  blocks = blocksOf(await readFile(path.join(repository, 'docs/runbooks/break-glass.md'), 'utf8'));
});

afterAll(async () => {
  await server?.stop();
  if (directory) await removeDirectory(directory);
});

function blocksOf(page: string): Map<string, string[]> {
  return new Map(
    page
      .split(/^## /m)
      .map((section) => [
        section.split('\n')[0] ?? '',
        [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block),
      ]),
  );
}

/** What the page asks the reader to fill in. */
const filledIn = (block: string): string =>
  block
    .replaceAll('TICKET-IN-LOWER-CASE', 'ops-1234')
    .replaceAll('WHY IT CANNOT WAIT, IN A SENTENCE', 'the signing key leaked')
    .replaceAll(/\bTICKET\b/g, 'OPS-1234')
    .replaceAll(/\bYOU\b/g, STRANGER.user)
    .replaceAll(/\bNOW\b/g, inSeconds(0))
    .replaceAll(/\bTIME\b/g, inSeconds(HOUR));

/** Runs the commands of a block in a shell as they stand, with a kubectl that is logged in as the actor. */
async function follow(actor: Actor, heading: string, index = 0, fill = filledIn): Promise<string> {
  const block = blocks.get(heading)?.[index];
  if (block === undefined) throw new Error(`the runbook has no block ${index} in "${heading}"`);
  const { kubectl } = await ensureTools();
  const as = [`--as=${actor.user}`, ...actor.groups.map((group) => `--as-group=${group}`)];
  const wrapper = path.join(directory, 'kubectl');
  const config = server.kinds.server.kubeconfig;
  await writeFile(wrapper, `#!/bin/sh\nexec ${kubectl} --kubeconfig ${config} ${as.join(' ')} "$@"\n`);
  await chmod(wrapper, 0o755);
  const env = { ...process.env, PATH: `${directory}:${process.env.PATH}` };
  return new Promise((resolve, reject) => {
    execFile('bash', ['-e', '-o', 'pipefail', '-c', fill(block)], { env }, (error, stdout, stderr) =>
      error ? reject(new Error(`${stdout}${stderr}`)) : resolve(stdout + stderr),
    );
  });
}

describe('docs/runbooks/break-glass.md, followed at 23:00 with no operator', () => {
  it('1: shows until when and why it is frozen', async () => {
    expect((await tryImage(server, STRANGER)).code).toBe(403);
    const shown = await follow(STRANGER, '1. Decide whether it can wait');
    expect(shown).toContain('UNTIL');
    expect(shown).toContain('2 weddings');
  });

  it('2: tells who may not, and how an admin lets them', async () => {
    const asked = await follow(STRANGER, '2. Check your permission').catch((error: Error) => error.message);
    expect(asked).toContain(STRANGER.user);
    expect(asked).toMatch(/^no/m);
    await follow(ADMIN, '2. Check your permission', 1);
    const mayNow = () => follow(STRANGER, '2. Check your permission').catch((error: Error) => error.message);
    await expect.poll(mayNow, { timeout: IN_FORCE_WITHIN_MS }).toMatch(/^yes/m);
  });

  it('3 and 4: makes the override, which stays empty while the operator is down', async () => {
    expect(await follow(STRANGER, '3. Create the override')).toContain('ops-1234 created');
    const shown = await follow(STRANGER, '4. Check that it is active');
    expect(shown).toContain('ACTIVE');
    expect(shown).not.toContain('True');
    expect((await tryImage(server, STRANGER)).code).toBe(403);
  });

  it('5: opens it by hand, for nobody else', async () => {
    expect(await follow(STRANGER, '5. Only when the operator is down')).toContain('patched');
    const deadline = Date.now() + IN_FORCE_WITHIN_MS;
    while ((await tryImage(server, STRANGER)).code !== 200) expect(Date.now()).toBeLessThan(deadline);
    expect((await tryImage(server, BYSTANDER)).code).toBe(403);
  });

  it('5: opens deletes by hand where there is a clock, for nobody else', async () => {
    const heading = '5. Only when the operator is down';
    expect(await follow(ADMIN, heading, 1)).toContain('presence.wedsync.io/freeze-windows.wedsync');
    expect((await tryDelete(server, STRANGER)).code).toBe(403);
    expect(await follow(STRANGER, heading, 2)).toContain('namespace/weddings annotated');
    const deadline = Date.now() + IN_FORCE_WITHIN_MS;
    while ((await tryDelete(server, STRANGER)).code !== 200) expect(Date.now()).toBeLessThan(deadline);
    expect((await tryDelete(server, BYSTANDER)).code).toBe(403);
  });

  it('6: closes it', async () => {
    expect(await follow(STRANGER, '6. Delete the override')).toContain('deleted');
  });

  it('the last resort opens every freeze, for an admin', async () => {
    const { body } = await server.must(ADMIN, {
      method: 'GET',
      path: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
    });
    const names: string[] = body.items
      .map(({ metadata }: Answer['body']) => metadata.name)
      .filter((name: string) => name.includes('presence-operator'));
    expect(names.length).toBeGreaterThan(0);
    const shown = await follow(ADMIN, 'When the override is refused too', 0, (block) =>
      block.replace(/\bNAME$/m, names.join(' ')),
    );
    for (const name of names) expect(shown).toContain(name);
    const deadline = Date.now() + IN_FORCE_WITHIN_MS;
    while ((await tryImage(server, BYSTANDER)).code !== 200) expect(Date.now()).toBeLessThan(deadline);
  });
});
