import { expect, it } from 'vitest';
import { enteredToken } from './entered-token.ts';

it.each([
  ['eyJhbGciOi.J9-_', 'eyJhbGciOi.J9-_'],
  ['  abc\n', 'abc'],
  ['abc\n def\r\n', 'abcdef'],
  ['Bearer abc', 'abc'],
  ['bearer  abc', 'abc'],
  ['Bearerabc', 'Bearerabc'],
])('finds the token in %j', (text, token) => {
  expect(enteredToken(text)).toBe(token);
});

it.each(['', '  ', 'tökén', 'abc…', 'a\u0000b'])('finds none in %j', (text) => {
  expect(enteredToken(text)).toBeUndefined();
});
