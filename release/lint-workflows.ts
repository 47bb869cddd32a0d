import path from 'node:path';
import { cached } from '../test/cluster/cache.ts';
import { actionlintProgram, goProgramDirectory } from '../test/cluster/go-programs.ts';
import type { Shell } from '../test/cluster/shell.ts';
import { versions } from '../test/cluster/versions.ts';

/** actionlint finds what GitHub would not run, zizmor what others could misuse. Neither asks the network. */
export async function lintWorkflows(shell: Shell, root: string): Promise<string> {
  const actionlint = path.join(await goProgramDirectory(actionlintProgram, shell), 'actionlint');
  await shell.run([actionlint, '-color'], { cwd: root });
  const zizmor = await zizmorProgram(shell);
  await shell.run([zizmor, '--offline', '--no-progress', '--persona', 'pedantic', '.github'], { cwd: root });
  return `actionlint ${versions.actionlint}, zizmor ${versions.zizmor}`;
}

/** From the registry of Python, which has the program ready-made. */
async function zizmorProgram(shell: Shell): Promise<string> {
  const entry = { name: `zizmor-${versions.zizmor}`, inputs: [process.platform, process.arch] };
  const directory = await cached(entry, (target) =>
    shell.run([
      ...['python3', '-m', 'pip', 'install', '--quiet', '--no-deps', '--target', target],
      `zizmor==${versions.zizmor}`,
    ]),
  );
  return path.join(directory, 'bin/zizmor');
}
