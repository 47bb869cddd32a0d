import { parse } from 'forwarded-parse';

/** Some forty addresses, more than any chain of proxies has. Each of them is looked at. */
export const MAX_HEADER_LENGTH = 2_048;

/** The two headers in which proxies write where a request came from. */
export type ForwardedHeader = 'Forwarded' | 'X-Forwarded-For';

/** Nodes from the client to the last proxy but one, as they are written; or why they cannot be read. */
export type ForwardedNodes =
  | { readonly kind: 'nodes'; readonly nodes: readonly string[] }
  | { readonly kind: 'malformed'; readonly message: string };

/**
 * @param text all fields of that name, joined by commas as Node does
 */
export function forwardedNodes(header: ForwardedHeader, text: string | undefined): ForwardedNodes {
  if (text === undefined || text.trim() === '') return { kind: 'nodes', nodes: [] };
  if (text.length > MAX_HEADER_LENGTH)
    return malformed(header, `has ${text.length} characters, at most ${MAX_HEADER_LENGTH}`);
  if (header === 'X-Forwarded-For')
    return { kind: 'nodes', nodes: text.split(',').map((node) => node.trim()) };
  try {
    // An element without `for` is of a proxy that does not say where the request came from.
    return { kind: 'nodes', nodes: parse(text).map((element) => element.for ?? UNKNOWN) };
  } catch {
    return malformed(header, 'is not as in RFC 7239');
  }
}

/** RFC 7239 section 6.2: the proxy does not know, or does not want to say. */
export const UNKNOWN = 'unknown';

function malformed(header: ForwardedHeader, what: string): ForwardedNodes {
  return { kind: 'malformed', message: `the header ${header} ${what}` };
}
