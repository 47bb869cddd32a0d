import { type LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { UnusableFeed } from '../../../domain/feed/reading.ts';
import { isForbiddenAddress } from './forbidden-address.ts';

type Resolve = (host: string, done: (error: Error | null, addresses: LookupAddress[]) => void) => void;

const resolveByDns: Resolve = (host, done) => lookup(host, { all: true }, done);

/**
 * A look-up for sockets that hands out only addresses that were checked, so that a name cannot show one address to the
 * check and another to the connection. A name with one forbidden address is forbidden.
 */
export function checkedLookup(allowPrivate: boolean, resolve: Resolve = resolveByDns): LookupFunction {
  return (host, options, callback) => {
    resolve(host, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      if (
        addresses.length === 0 ||
        addresses.some(({ address }) => isForbiddenAddress(address, { allowPrivate }))
      ) {
        return callback(forbidden(host), '', 0);
      }
      const first = addresses[0] as LookupAddress;
      if (options.all === true) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

export function forbidden(host: string): UnusableFeed {
  return new UnusableFeed(
    'ForbiddenAddress',
    `${host} is an address of a private or reserved network; spec.allowPrivateNetworks opens private ones`,
  );
}
