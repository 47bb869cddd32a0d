import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from './dialects.ts';
import { type EventInstants, instantsOf } from './instants.ts';

/** Written by `make bench-feeds` with an independent reader. */
const golden = JSON.parse(readFileSync(path.join(import.meta.dirname, 'golden.json'), 'utf8')) as Record<
  string,
  EventInstants[]
>;

describe('a calendar as an exporter writes it', () => {
  it.each(DIALECTS)('$name has the instants of an independent reader', (dialect) => {
    expect(instantsOf(dialect)).toEqual(golden[dialect.name]);
  });

  it('is there for each kind of exporter', () => {
    expect(Object.keys(golden)).toEqual(DIALECTS.map(({ name }) => name));
  });
});
