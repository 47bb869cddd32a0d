import { fencedBlocks } from './markdown.ts';

/** Commands of the `sh` blocks of a page, without comments; a line that is continued, or that a quote keeps open, is joined. */
export function shellCommands(text: string): string[] {
  return fencedBlocks(text, 'sh').flatMap((block) => commandsOf(block));
}

/** Commands of one shell script. */
export function commandsOf(script: string): string[] {
  const lines = script
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, ''));
  const commands: string[] = [];
  let open = '';
  for (const line of lines) {
    open = open === '' ? line : `${open}\n${line}`;
    if (open.split("'").length % 2 === 0) continue;
    if (open.trim() !== '') commands.push(open.trim());
    open = '';
  }
  if (open !== '') throw new Error(`a quote is not closed: ${open}`);
  return commands;
}

/** Code spans and commands: everything on a page that a reader may type. */
function typed(text: string): string[] {
  const prose = text.replace(/^```.*?^```$/gms, '');
  return [
    ...shellCommands(text),
    ...[...prose.matchAll(/`((?:[^`\n]|\n(?!\n))+)`/g)].map(([, code = '']) => code.replace(/\s+/g, ' ')),
  ];
}

/** The arguments of every `kubectl presence` that a reader may type as it stands. */
export function presenceCommands(text: string): string[][] {
  return typed(text).flatMap((command) => {
    const [, rest] = /^(?:kubectl presence|npx kubectl-presence) (.+)$/.exec(command) ?? [];
    const [until = ''] = (rest ?? '').split(/\s*[|>]/);
    const words = [...until.matchAll(/(?:[^\s']|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ''));
    // `status`, alone, names the verb; FILE in capitals is a place for the reader's own.
    const complete =
      words.some((word) => word.startsWith('-')) && !words.some((word) => /^[A-Z]+$/.test(word));
    return complete ? [words] : [];
  });
}

/** The targets of every `make` that a reader may type. */
export function makeTargets(text: string): string[] {
  return typed(text).flatMap((command) => {
    const [, target] = /^(?:[A-Z_]+=\S+ )*make ([a-z][a-z0-9-]*)/.exec(command) ?? [];
    return target === undefined ? [] : [target];
  });
}
