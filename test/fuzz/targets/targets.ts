import type { OpenTarget } from '../fuzz-target.ts';
import { openCsv } from './csv.ts';
import { openICalendar, openJson } from './feed.ts';
import { openFrames, openMessages } from './frames.ts';
import { openForwarded, openProxyHeaders } from './proxies.ts';
import { openSpecs } from './specs.ts';
import { openClaims, openKeySets, openTokens } from './tokens.ts';

/** Everything of the product that reads foreign bytes inside one process. */
export const TARGETS = {
  'feed-icalendar': openICalendar,
  'feed-json': openJson,
  'feed-csv': openCsv,
  messages: openMessages,
  frames: openFrames,
  tokens: openTokens,
  claims: openClaims,
  'key-sets': openKeySets,
  'proxy-headers': openProxyHeaders,
  forwarded: openForwarded,
  specs: openSpecs,
} as const satisfies Record<string, OpenTarget>;
export type TargetName = keyof typeof TARGETS;
