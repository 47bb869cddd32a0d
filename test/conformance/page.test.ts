import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../cluster/paths.ts';
import { CLIENT_PROMISES } from './client/promises.ts';
import { conformanceSection } from './page.ts';
import { SERVER_PROMISES } from './server/promises.ts';

it('docs/protocol.md names the test of each promise, and no other', () => {
  const page = readFileSync(path.join(repository, 'docs/protocol.md'), 'utf8');
  expect(page.slice(page.indexOf('## Conformance'))).toBe(conformanceSection());
});

it('gives each promise a name of its own', () => {
  const ids = [...SERVER_PROMISES, ...CLIENT_PROMISES].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});
