import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runFetching } from './fetching.ts';
import { requireGo } from './go-programs.ts';
import type { Shell } from './shell.ts';

/** A release whose `HTTPRoute` has `timeouts` in its standard channel. */
const MODULE = 'sigs.k8s.io/gateway-api@v1.4.0';

/** The CRDs of the Gateway API as YAML, one a file: they are in the Go module, and nowhere else that is reached here. */
export async function gatewayApiCrds(shell: Shell): Promise<string[]> {
  await requireGo(shell);
  await runFetching(shell, ['go', 'mod', 'download', MODULE]);
  const { Dir } = JSON.parse(await shell.output(['go', 'mod', 'download', '-json', MODULE])) as {
    Dir: string;
  };
  const folder = path.join(Dir, 'config/crd/standard');
  return readdirSync(folder)
    .filter((name) => name.startsWith('gateway.networking.k8s.io_'))
    .map((name) => readFileSync(path.join(folder, name), 'utf8'));
}
