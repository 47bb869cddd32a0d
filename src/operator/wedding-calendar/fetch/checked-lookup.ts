import { type LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { UnusableFeed } from '../../../domain/feed/reading.ts';
import { classOfAddress, isForbiddenAddress } from './forbidden-address.ts';

export type Resolve = (host: string, done: (error: Error | null, addresses: LookupAddress[]) => void) => void;

export const resolveByDns: Resolve = (host, done) => lookup(host, { all: true }, done);

/**
 * A look-up for sockets that hands out only addresses that were checked, so that a name cannot show one address to the
 * check and another to the connection. A name with one forbidden address is forbidden.
 */
export function checkedLookup(allowPrivate: boolean, resolve: Resolve = resolveByDns): LookupFunction {
  return (host, options, callback) => {
    resolve(host, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const refused = addresses.find(({ address }) => isForbiddenAddress(address, { allowPrivate }));
      if (addresses.length === 0 || refused !== undefined) {
        return callback(forbidden(host, refused?.address ?? ''), '', 0);
      }
      const first = addresses[0] as LookupAddress;
      if (options.all === true) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

/** The refusal of an address that `host` is or leads to. */
export function forbidden(host: string, address: string): UnusableFeed {
  const why =
    classOfAddress(address) === 'Private'
      ? 'leads to a private network, which spec.allowPrivateNetworks opens'
      : 'leads to a loopback, link-local, metadata or reserved address, which no field opens';
  return new UnusableFeed('ForbiddenAddress', `${host} ${why}`);
}
