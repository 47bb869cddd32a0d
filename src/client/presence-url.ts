import { PRESENCE_PATH } from '../api/protocol/limits.ts';

/**
 * The address of the WebSocket. In a page it may be relative, and `http` becomes `ws`, which browsers of two years ago do not
 * do by themselves. @throws TypeError for what can never be one
 */
export function presenceUrl(text: string): URL {
  const page = globalThis as { readonly location?: { readonly href: string } };
  let url: URL | undefined;
  try {
    url = new URL(text, page.location?.href);
    url.protocol = url.protocol.replace('http', 'ws');
  } catch {
    // It is no URL at all.
  }
  if (!url?.protocol.startsWith('ws')) throw new TypeError(`url: "${text}" is no address; write wss://HOST`);
  if (url.pathname === '/') url.pathname = PRESENCE_PATH;
  url.hash = '';
  return url;
}
