import { fencedBlocks } from './markdown.ts';

/** Commands of the `sh` blocks of a page, continued lines joined, without comments. */
export function shellCommands(text: string): string[] {
  return fencedBlocks(text, 'sh').flatMap((block) =>
    block
      .replace(/\\\n\s*/g, ' ')
      .split('\n')
      .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
      .filter((line) => line !== ''),
  );
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
    const words = (rest ?? '').split(/\s*[|>]/)[0]?.split(/\s+/) ?? [];
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
