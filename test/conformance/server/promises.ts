import type { ServerPromise } from '../promise.ts';
import { CONNECTING } from './connecting.ts';
import { OVER_HTTP } from './http.ts';
import { MEMBERS } from './members.ts';
import { MESSAGES } from './messages.ts';

/** All that a server is held to. */
export const SERVER_PROMISES: readonly ServerPromise[] = [
  ...CONNECTING,
  ...MEMBERS,
  ...MESSAGES,
  ...OVER_HTTP,
];
