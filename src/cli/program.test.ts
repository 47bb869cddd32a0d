import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { CliContext } from './context/context.ts';
import { createProgram } from './program.ts';

function verbs(command: Command, path: readonly string[] = []): { path: string[]; command: Command }[] {
  return command.commands
    .filter((each) => !each.name().startsWith('__'))
    .flatMap((each) => {
      const own = [...path, each.name()];
      return each.commands.length > 0 ? verbs(each, own) : [{ path: own, command: each }];
    });
}

describe('docs/reference/cli.md', () => {
  const program = createProgram({ version: '1', tzdb: '2026f' } as CliContext);
  const page = readFile(new URL('../../docs/reference/cli.md', import.meta.url), 'utf8');

  it('names every verb and every option', async () => {
    const text = await page;
    const found = verbs(program);
    expect(found.length).toBeGreaterThan(10);
    const options = [program, ...found.map(({ command }) => command)].flatMap((command) => command.options);
    const words = [
      ...found.map(({ path }) => `\`${path.join(' ')}\``),
      ...options.map(({ long }) => `${long}`),
    ];
    expect(words.filter((word) => !text.includes(word))).toEqual([]);
  });
});
