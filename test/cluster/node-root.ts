import path from 'node:path';
import { type CacheEntry, cached } from './cache.ts';
import { type DebianSource, makeDebianRoot } from './debian-root.ts';
import type { Shell } from './shell.ts';
import { versions } from './versions.ts';

/** A node: a whole Debian with systemd, since kind's nodes are machines in the shape of containers. */
const nodeSource: DebianSource = {
  suite: versions.nodeSuite,
  variant: 'minbase',
  packages: [
    'ca-certificates',
    'conntrack',
    'containerd',
    'containernetworking-plugins',
    'curl',
    'dbus',
    'ebtables',
    'ethtool',
    'iproute2',
    'iptables',
    'jq',
    'kmod',
    'mount',
    'nfs-common',
    'procps',
    'runc',
    'socat',
    'systemd',
    'systemd-sysv',
  ],
};

/** What kube-proxy calls, and nothing else: the programs of Kubernetes need no Debian. */
const componentSource: DebianSource = {
  suite: versions.nodeSuite,
  variant: 'extract',
  packages: ['conntrack', 'dash', 'iptables', 'kmod', 'coreutils'],
};

export const nodeRootEntry = rootEntry('node-root', nodeSource);
export const componentRootEntry = rootEntry('component-root', componentSource);

/** The archive of the node's root file system. */
export function nodeRootArchive(shell: Shell): Promise<string> {
  return rootArchive(shell, nodeRootEntry, nodeSource);
}

/** The archive of the root file system that the images of the Kubernetes components share. */
export function componentRootArchive(shell: Shell): Promise<string> {
  return rootArchive(shell, componentRootEntry, componentSource);
}

function rootEntry(name: string, source: DebianSource): CacheEntry {
  return { name, inputs: [source.suite, source.variant, ...source.packages, process.arch] };
}

async function rootArchive(shell: Shell, entry: CacheEntry, source: DebianSource): Promise<string> {
  const directory = await cached(entry, (target) =>
    makeDebianRoot(shell, source, path.join(target, 'root.tar')),
  );
  return path.join(directory, 'root.tar');
}
