/** A platform that the plugin is published for. */
export interface Platform {
  /** As in the names of archives: `linux-amd64`. */
  readonly name: string;
  /** As krew and Go call them. */
  readonly os: string;
  readonly arch: string;
  /** As Node calls them: `process.platform` and `process.arch`. */
  readonly node: { readonly platform: string; readonly arch: string };
}

export const PLATFORMS: readonly Platform[] = [
  platform('linux', 'amd64', 'linux', 'x64'),
  platform('linux', 'arm64', 'linux', 'arm64'),
  platform('darwin', 'amd64', 'darwin', 'x64'),
  platform('darwin', 'arm64', 'darwin', 'arm64'),
];

function platform(os: string, arch: string, nodePlatform: string, nodeArch: string): Platform {
  return { name: `${os}-${arch}`, os, arch, node: { platform: nodePlatform, arch: nodeArch } };
}

/**
 * A platform by its name.
 *
 * @throws Error with the names that there are
 */
export function platformNamed(name: string): Platform {
  const found = PLATFORMS.find((each) => each.name === name);
  if (found === undefined)
    throw new Error(`${name}: choose one of ${PLATFORMS.map((each) => each.name).join(', ')}`);
  return found;
}

/**
 * The platform that a program of this Node runs on.
 *
 * @throws Error for one that nothing is published for
 */
export function platformOf(at: { platform: string; arch: string }): Platform {
  const found = PLATFORMS.find(({ node }) => node.platform === at.platform && node.arch === at.arch);
  if (found === undefined) throw new Error(`nothing is published for ${at.platform} on ${at.arch}`);
  return found;
}
