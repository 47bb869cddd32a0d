import type { Logger } from '../telemetry/log.ts';

/** What the API server says beside an answer: a version that ends, a field it ignores, a policy with the action Warn. */
export type OnApiWarning = (action: string, text: string) => void;

/** Texts that are remembered; a policy may put names of objects into its warnings, so their number has no bound of its own. */
const REMEMBERED = 500;
/** `code agent "text"`, with backslashes before quotes. Code 299 is the one that the API server uses. */
const WARNING = /\b299\s+\S+\s+"((?:[^"\\]|\\.)*)"/g;

/** The texts of the `Warning` headers of an answer (RFC 7234, section 5.5). */
export function warningTexts(header: string | readonly string[] | undefined): string[] {
  if (header === undefined) return [];
  const lines = typeof header === 'string' ? [header] : header;
  return lines.flatMap((line) =>
    [...line.matchAll(WARNING)].map(([, text = '']) => text.replaceAll(/\\(.)/g, '$1')),
  );
}

/** Logs each text once and counts every one. */
export function createWarningLog(log: Pick<Logger, 'warn'>, count: () => void): OnApiWarning {
  const logged = new Set<string>();
  return (action, text) => {
    count();
    if (logged.has(text)) return;
    // All are forgotten at once: at worst each is logged once more.
    if (logged.size >= REMEMBERED) logged.clear();
    logged.add(text);
    log.warn({ action, warning: text }, 'the API server warns');
  };
}
