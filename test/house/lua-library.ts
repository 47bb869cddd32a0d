/**
 * `node test/house/lua-library.ts` writes src/domain/presence-state/function-source.ts from functions.lua beside it, so
 * that the bundled programs read no file; with `--check` it writes nothing and fails when the source differs. Both fail
 * when the linter finds a mistake.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from '../cluster/paths.ts';
import { lintLua } from './lua-lint.ts';

const FOLDER = 'src/domain/presence-state';

function typeScriptOf(lua: string): string {
  const literal = lua.replaceAll(/[\\`]|\$(?=\{)/g, (character) => `\\${character}`);
  return `// Generated from functions.lua by \`make generate\`. Do not edit.

/** The library that Redis runs; \`PRESENCE_FUNCTIONS\` describes its keys, arguments and answers. */
export const FUNCTION_SOURCE = \`${literal}\`;
`;
}

const lua = readFileSync(path.join(repository, FOLDER, 'functions.lua'), 'utf8');
const mistakes = lintLua(lua);
for (const mistake of mistakes) console.error(`${FOLDER}/functions.lua: ${mistake}`);
const target = path.join(repository, FOLDER, 'function-source.ts');
const source = typeScriptOf(lua);
if (mistakes.length > 0) process.exitCode = 1;
else if (!process.argv.includes('--check')) writeFileSync(target, source);
else if (readFileSync(target, 'utf8') !== source) {
  console.error(`${FOLDER}/function-source.ts differs from functions.lua; run: make generate`);
  process.exitCode = 1;
}
