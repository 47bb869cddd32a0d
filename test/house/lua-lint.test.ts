import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FUNCTION_SOURCE } from '../../src/domain/presence-state/function-source.ts';
import { repository } from '../cluster/paths.ts';
import { lintLua } from './lua-lint.ts';

const LIBRARY = readFileSync(path.join(repository, 'src/domain/presence-state/functions.lua'), 'utf8');

describe('the function library', () => {
  it('has no mistakes', () => {
    expect(lintLua(LIBRARY)).toEqual([]);
  });

  it('is the source that servers load', () => {
    expect(FUNCTION_SOURCE).toBe(LIBRARY);
  });
});

describe('the linter', () => {
  it.each([
    ['a syntax error', 'local function f( end', /expected/],
    ['an unknown global', "redis.register_function('f', unknown)", 'line 2: global unknown is not allowed'],
    ['an assigned global', 'type = 1', 'line 2: assignment to global type'],
    ['a global function', 'function f() end', 'line 2: global function f'],
    ['an unused local', 'local left = 1', 'line 2: local left is not used'],
    [
      'an unused parameter',
      "redis.register_function('f', function(keys) end)",
      'line 2: local keys is not used',
    ],
  ])('finds %s', (_, text, mistake) => {
    const found = lintLua(`#!lua name=planted\n${text}`);
    expect(found).toContainEqual(typeof mistake === 'string' ? mistake : expect.stringMatching(mistake));
  });
});
