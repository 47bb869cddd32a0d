import { expect, it } from 'vitest';
import { canonicalOrigin } from './origin.ts';

it.each([
  ['https://crew.example', 'https://crew.example'],
  ['https://crew.example/', 'https://crew.example'],
  ['HTTPS://Crew.Example', 'https://crew.example'],
  ['https://crew.example:443', 'https://crew.example'],
  ['http://crew.example:80', 'http://crew.example'],
  ['http://localhost:5173', 'http://localhost:5173'],
  ['https://[::1]:8443', 'https://[::1]:8443'],
  ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ['capacitor://localhost', 'capacitor://localhost'],
])('writes %s as browsers do: %s', (text, origin) => expect(canonicalOrigin(text)).toBe(origin));

it.each([
  '*',
  'https://*.example',
  'crew.example',
  'https://crew.example/app',
  'https://',
  'null',
  '',
  'https://a@b',
])('says that no browser sends %j', (text) => expect(canonicalOrigin(text)).toBeUndefined());
