import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { goProgramDirectory, kindProgram } from './go-programs.ts';
import { kubectlLayer } from './kubectl-layer.ts';
import { outDirectory, repository } from './paths.ts';
import type { Shell } from './shell.ts';

export const programsDirectory = path.join(outDirectory, 'bin');

/** Puts kubectl, helm, kind and our kubectl plugin into out/bin, for people who have none of them. */
export async function linkPrograms(shell: Shell): Promise<string> {
  const { helm, kubectl } = await kubectlLayer(shell);
  const kind = path.join(await goProgramDirectory(kindProgram, shell), 'kind');
  mkdirSync(programsDirectory, { recursive: true });
  for (const [name, target] of Object.entries({ helm, kubectl, kind })) {
    const link = path.join(programsDirectory, name);
    rmSync(link, { force: true });
    symlinkSync(target, link);
  }
  // The machine's own Node may be too old for the plugin.
  const plugin = path.join(programsDirectory, 'kubectl-presence');
  const node = path.join(repository, 'node_modules', '.bin', 'node');
  writeFileSync(
    plugin,
    `#!/bin/sh\nexec ${node} ${path.join(repository, 'dist', 'kubectl-presence.js')} "$@"\n`,
  );
  chmodSync(plugin, 0o755);
  return 'kubectl, helm and kind are in out/bin';
}
