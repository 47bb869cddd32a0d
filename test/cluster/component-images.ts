import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { docker } from './docker.ts';
import {
  corednsProgram,
  etcdProgram,
  type GoProgram,
  goProgramDirectory,
  kubernetesProgram,
  pauseProgram,
} from './go-programs.ts';
import { importProgram, importRoot } from './image-import.ts';
import { componentRootArchive } from './node-root.ts';
import type { Shell } from './shell.ts';
import { versions } from './versions.ts';

export interface ComponentImages {
  /** The API server, its companions and etcd: five names of one image. */
  kubernetes: string[];
  coredns: string;
  pause: string;
  all: string[];
}

/** The image names as kubeadm itself says it will look for them. */
export async function componentImages(shell: Shell): Promise<ComponentImages> {
  const kubeadm = path.join(await goProgramDirectory(kubernetesProgram, shell), 'kubeadm');
  const version = ['--kubernetes-version', versions.kubernetes];
  const listed = await shell.output([kubeadm, 'config', 'images', 'list', ...version]);
  const all = listed.split('\n');
  const find = (part: string) => {
    const image = all.find((name) => name.includes(part));
    if (!image) throw new Error(`kubeadm names no ${part} image: ${listed}`);
    return image;
  };
  const coredns = find('/coredns:');
  const pause = find('/pause:');
  return { kubernetes: all.filter((name) => name !== coredns && name !== pause), coredns, pause, all };
}

/** Makes the images in the engine; `context` is an empty directory to work in. */
export async function buildComponentImages(
  shell: Shell,
  context: string,
  images: ComponentImages,
): Promise<void> {
  const root = path.join(context, 'components');
  mkdirSync(root);
  await shell.run(['tar', '-C', root, '-xf', await componentRootArchive(shell)]);
  linkIptables(path.join(root, 'usr/sbin'));
  const programs = path.join(root, 'usr/local/bin');
  mkdirSync(programs, { recursive: true });
  for (const program of [kubernetesProgram, etcdProgram]) {
    cpSync(await binaryOf(program, shell), path.join(programs, program.binary));
  }
  for (const name of kubernetesProgram.aliases) {
    if (name.startsWith('kube-')) symlinkSync(kubernetesProgram.binary, path.join(programs, name));
  }
  const [first = '', ...others] = images.kubernetes;
  await importRoot(shell, root, first, ['ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin']);
  for (const image of others) await docker(shell, ['tag', first, image]);
  await importProgram(
    shell,
    path.join(context, 'coredns'),
    await binaryOf(corednsProgram, shell),
    images.coredns,
  );
  await importProgram(shell, path.join(context, 'pause'), await binaryOf(pauseProgram, shell), images.pause);
}

/** The links that Debian's alternatives would make, had the packages been configured and not only unpacked. */
function linkIptables(directory: string): void {
  for (const family of ['iptables', 'ip6tables']) {
    for (const name of [family, `${family}-save`, `${family}-restore`]) {
      const link = path.join(directory, name);
      rmSync(link, { force: true });
      symlinkSync('xtables-nft-multi', link);
    }
  }
}

async function binaryOf(program: GoProgram, shell: Shell): Promise<string> {
  return path.join(await goProgramDirectory(program, shell), program.binary);
}
