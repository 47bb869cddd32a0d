/**
 * Takes the place of the package `socks` in bundles. client-node needs it for a kubeconfig with a SOCKS proxy, which our own transport
 * refuses before a connection is made. Without it and what it needs the bundle of the operator is smaller by 60 kB.
 */
export const SocksClient = {
  createConnection(): never {
    throw new Error('kubeconfig: SOCKS proxies are not supported');
  },
};
