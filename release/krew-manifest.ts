import { stringify } from 'yaml';
import { PLATFORMS, type Platform } from './platforms.ts';

/** An archive of the plugin as it will be downloaded. */
export interface PluginDownload {
  readonly platform: Platform;
  readonly address: string;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Name of the plugin: `kubectl presence`. */
export const PLUGIN = 'presence';

/** The manifest of krew, which installs kubectl plugins (apiVersion v1alpha2). */
export function krewManifest(
  version: string,
  homepage: string,
  downloads: readonly PluginDownload[],
): string {
  return stringify(
    {
      apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
      kind: 'Plugin',
      metadata: { name: PLUGIN },
      spec: {
        version: `v${version}`,
        homepage,
        shortDescription: 'Explain scaling and freezes of PresenceClusters',
        description: [
          'Shows the status of PresenceClusters, explains their number of pods, simulates',
          'the calendar, lists and checks freezes, and opens one in an incident.',
          '',
        ].join('\n'),
        caveats: 'On Linux it needs glibc 2.28 or later, libstdc++ and libatomic.\n',
        platforms: PLATFORMS.flatMap((platform) => {
          const download = downloads.find((each) => each.platform.name === platform.name);
          return download === undefined ? [] : [platformSpec(download)];
        }),
      },
    },
    { lineWidth: 0 },
  );
}

function platformSpec({ platform, address, sha256 }: PluginDownload): object {
  return {
    selector: { matchLabels: { os: platform.os, arch: platform.arch } },
    uri: address,
    sha256,
    bin: 'kubectl-presence',
  };
}
