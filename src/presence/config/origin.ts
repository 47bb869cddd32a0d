/** Lower-case scheme and host, as browsers send them. Schemes of apps (`capacitor://localhost`) have origins, too. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@*\s]+$/;

/**
 * An origin as browsers write it in the Origin header: lower case, without a slash at the end and without the usual port.
 * Undefined for a text that no browser can send, such as one with a path or a wildcard.
 */
export function canonicalOrigin(text: string): string | undefined {
  const trimmed = text.trim().replace(/\/$/, '').toLowerCase();
  if (!ORIGIN.test(trimmed) || !URL.canParse(trimmed)) return undefined;
  const url = new URL(trimmed);
  if (url.pathname !== '' && url.pathname !== '/') return undefined;
  // Only the schemes of the web have an origin of their own in the URL standard; others are taken as they are.
  return url.origin === 'null' ? trimmed : url.origin;
}
