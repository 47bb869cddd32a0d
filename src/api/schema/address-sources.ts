/** Where the address of a client is: `Connection` without any proxy. */
export const ADDRESS_SOURCES = ['Connection', 'XForwardedFor', 'Forwarded', 'ProxyProtocol'] as const;
export type AddressSource = (typeof ADDRESS_SOURCES)[number];
