import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plugin } from 'esbuild';

/** A place where ioredis assigns a function to the property `reject` of a command, once for every command. */
interface Closure {
  /** From the folder of the package, with `/`. */
  readonly file: string;
  /** What the property belongs to, as the line says it. */
  readonly command: string;
  /** The function as far as that line goes. */
  readonly opening: string;
}

/** All that our programs run through; those of scripts and of `HIMPORT` are left as they are. */
export const CLOSURES: readonly Closure[] = [
  { file: 'built/Command.js', command: 'this', opening: '(err) => {' },
  { file: 'built/cluster/index.js', command: 'command', opening: 'function (err) {' },
];

/**
 * Keeps the closures of ioredis out of V8's old space.
 *
 * V8 takes a function that is assigned to a property where it is written for a method, and makes it in old space
 * (`CheckAssigningFunctionLiteralToProperty` in its parser). A closure for each command, there, keeps arguments, promise and
 * texts of its command alive until the next major collection. Passed to a function that assigns it, it is made where
 * everything else is. A constant would do for V8, but with `keepNames` esbuild gives a named function its name by
 * `Object.defineProperty`, here for each command.
 *
 * The build fails when ioredis is bundled and not every place of `CLOSURES` was found.
 */
export function ioredisClosures(): Plugin {
  return {
    name: 'ioredis-closures',
    setup(build) {
      const seen = new Set<string>();
      build.onStart(() => seen.clear());
      build.onLoad({ filter: /[\\/]node_modules[\\/]ioredis[\\/].*\.js$/ }, async (args) => {
        const file = insidePackage(args.path);
        seen.add(file);
        const closure = CLOSURES.find((candidate) => candidate.file === file);
        if (closure === undefined) return undefined;
        try {
          return { contents: rewritten(closure, await readFile(args.path, 'utf8')), loader: 'js' };
        } catch (error) {
          // Returned, because esbuild prints a thrown error with its stack.
          return { errors: [{ text: (error as Error).message }] };
        }
      });
      build.onEnd(() => {
        const missing = seen.size === 0 ? [] : CLOSURES.filter(({ file }) => !seen.has(file));
        return { errors: missing.map((closure) => ({ text: refusal(closure, 'was not bundled') })) };
      });
    },
  };
}

/** The text of the closure's file, line by line where it was. Throws, with what to do, unless the closure is there exactly once. */
export function rewritten(closure: Closure, text: string): string {
  const anchor = anchorOf(closure);
  const lines = text.split('\n');
  const starts = lines.flatMap((line, index) => (line.trimStart() === anchor ? [index] : []));
  const [start] = starts;
  if (start === undefined || starts.length > 1)
    throw new Error(refusal(closure, `has the line "${anchor}" ${starts.length} times instead of once`));
  const indent = (lines[start] ?? '').slice(0, -anchor.length);
  const end = lines.indexOf(`${indent}};`, start);
  if (end < 0) throw new Error(refusal(closure, `has no end of the function after "${anchor}"`));
  lines[start] = `${indent}assignReject(${closure.command}, ${closure.opening}`;
  lines[end] = `${indent}});`;
  return `${lines.join('\n')}\nfunction assignReject(command, reject) { command.reject = reject; }\n`;
}

function anchorOf({ command, opening }: Closure): string {
  return `${command}.reject = ${opening}`;
}

function insidePackage(file: string): string {
  return file.split(path.sep).join('/').split('/node_modules/ioredis/').at(-1) ?? file;
}

function refusal(closure: Closure, what: string): string {
  return [
    `ioredis/${closure.file} ${what}: this is not the ioredis that src/bundle/ioredis-closures.ts was written for.`,
    `Look how it sets "reject" of a command now. Where it still assigns a function that is written there,`,
    `correct CLOSURES; where it does no more, upstream has mended it and the entry, or the whole plugin, can go`,
    `(docs/adr/0018-two-lines-of-ioredis-are-rewritten-in-bundles.md).`,
  ].join(' ');
}
