import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { gatewayApiCrds } from '../../cluster/gateway-api.ts';
import { repository } from '../../cluster/paths.ts';
import { createShell } from '../../cluster/shell.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { fencedBlocks } from '../../house/markdown.ts';
import { eventually } from '../../support/eventually.ts';
import { type InstalledKinds, startWithKinds } from '../installed-kinds.ts';

const START_MS = 180_000;

let kinds: InstalledKinds;
let kubectlProgram: string;

/** What kubectl says, and how it ended. */
function kubectl(input: string, ...args: string[]): Promise<{ readonly text: string; readonly ok: boolean }> {
  return new Promise((resolve) => {
    const argv = ['--kubeconfig', kinds.server.kubeconfig, ...args];
    const child = execFile(kubectlProgram, argv, (error, stdout, stderr) =>
      resolve({ text: stdout + stderr, ok: error === null }),
    );
    child.stdin?.end(input);
  });
}

const dryRun = (yaml: string) =>
  kubectl(yaml, 'apply', '--dry-run=server', '--validate=strict', '--filename', '-');

beforeAll(async () => {
  kubectlProgram = (await ensureTools()).kubectl;
  kinds = await startWithKinds();
  const crds = await gatewayApiCrds(createShell('/dev/null', () => {}, new AbortController().signal));
  await kubectl(crds.join('\n---\n'), 'apply', '--server-side', '--filename', '-');
  await kubectl('', 'wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s');
  await kubectl('', 'create', 'namespace', 'weddings');
  // kubectl finds a kind some time after it is established.
  await eventually({ what: 'kubectl knows the kinds', withinSeconds: 60 }, async () => {
    const { ok, text } = await kubectl('', 'get', 'gateways,httproutes', '--all-namespaces');
    if (!ok) throw new Error(text);
    return true;
  });
}, START_MS);

afterAll(() => kinds?.stop());

describe('docs/how-to/ingress.md', () => {
  const page = readFileSync(path.join(repository, 'docs/how-to/ingress.md'), 'utf8');
  const samples = fencedBlocks(page, 'yaml');
  const kindsOf = (yaml: string): string[] =>
    parseAllDocuments(yaml).map((document) => String((document.toJS() as { kind: string }).kind));

  it('has an Ingress, a Gateway and an HTTPRoute', () => {
    expect(samples.flatMap(kindsOf)).toEqual(expect.arrayContaining(['Ingress', 'Gateway', 'HTTPRoute']));
  });

  it.each(samples.map((sample) => [kindsOf(sample).join(' and '), sample] as const))(
    'has manifests that an API server takes: %s',
    async (_kinds, sample) => {
      expect(await dryRun(sample)).toMatchObject({ ok: true });
    },
  );

  it('would be refused with a field that is wrong', async () => {
    const gateway = samples.find((sample) => sample.includes('HTTPRoute')) ?? '';
    const { ok, text } = await dryRun(gateway.replace('type: PathPrefix', 'type: Beginning'));
    expect([ok, text]).toEqual([false, expect.stringContaining('Unsupported value: "Beginning"')]);
  });
});
