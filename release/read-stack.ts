/**
 * `node release/read-stack.ts MAPS < stack` prints a stack trace of a bundle with the places of the sources. MAPS is the
 * folder with the source maps of that version: `dist` of its checkout, or the archive of its release.
 */
import { existsSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import path from 'node:path';
import { text } from 'node:stream/consumers';

/** `file:///app/operator.js:12:3456`, as V8 writes a place; in a log line it stands as well. */
const PLACE = /(?:file:\/\/)?[\w./-]*?([\w-]+\.js):(\d+):(\d+)/g;

/** A text with every place that a map knows replaced by its source, and all else as it was. */
export function readableStack(stack: string, mapOf: (bundle: string) => SourceMap | undefined): string {
  return stack.replace(PLACE, (place, bundle: string, line: string, column: string) => {
    const entry = mapOf(bundle)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (entry === undefined || !('originalSource' in entry)) return place;
    const source = entry.originalSource.replace(/^(\.\.\/)+/, '');
    return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

/** The maps of a folder, each read once. */
export function mapsIn(folder: string): (bundle: string) => SourceMap | undefined {
  const known = new Map<string, SourceMap | undefined>();
  return (bundle) => {
    if (!known.has(bundle)) {
      const file = path.join(folder, `${bundle}.map`);
      const payload = existsSync(file)
        ? (JSON.parse(readFileSync(file, 'utf8')) as SourceMapPayload)
        : undefined;
      known.set(bundle, payload && new SourceMap(payload));
    }
    return known.get(bundle);
  };
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined || !existsSync(path.join(folder, 'operator.js.map'))) {
    console.error(
      'usage: node release/read-stack.ts FOLDER < stack; FOLDER holds operator.js.map and its like',
    );
    process.exitCode = 2;
  } else process.stdout.write(readableStack(await text(process.stdin), mapsIn(folder)));
}
