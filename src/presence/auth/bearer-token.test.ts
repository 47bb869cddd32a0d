import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { bearerToken } from './bearer-token.ts';

const request = (url: string, headers: IncomingMessage['headers'] = {}) =>
  ({ url, headers }) as IncomingMessage;

it('takes the header before the subprotocol, and that before the query', () => {
  const url = '/v1/presence?access_token=query';
  const offered = { 'sec-websocket-protocol': 'presence.v1, bearer.offered' };
  expect(bearerToken(request(url, { ...offered, authorization: 'Bearer header' }))).toBe('header');
  expect(bearerToken(request(url, offered))).toBe('offered');
  expect(bearerToken(request(url))).toBe('query');
  expect(bearerToken(request('/v1/presence', { 'sec-websocket-protocol': 'presence.v1' }))).toBeUndefined();
});
