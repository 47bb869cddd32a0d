import type { NetworkInterfaceInfo } from 'node:os';

/**
 * The address of a pod for other pods: the first that is not loopback or link-local, IPv4 before IPv6. A pod has one network
 * interface unless an admin adds more; then `PRESENCE_PEER_HOST` says which one. No template has to carry the pod IP.
 */
export function hostAddress(
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
): string | undefined {
  const all = Object.values(interfaces)
    .flatMap((each) => each ?? [])
    .filter(({ internal, address }) => !internal && !isLinkLocal(address));
  return (all.find(({ family }) => family === 'IPv4') ?? all[0])?.address;
}

function isLinkLocal(address: string): boolean {
  return /^(169\.254\.|fe[89ab])/i.test(address);
}
