import path from 'node:path';
import type { SourceFile } from './source-files.ts';

/** A static or dynamic import of one of our own files; the house rules keep both forms visible (imports.test.ts). */
const OWN_IMPORT = /(?:from|import\()\s*'(\.{1,2}\/[^']+)'/g;

/** Folder to the folders that its files import from. */
export function folderImports(files: readonly SourceFile[]): Map<string, Set<string>> {
  const imports = new Map<string, Set<string>>();
  for (const file of files) {
    const folder = path.posix.dirname(file.path);
    const targets = imports.get(folder) ?? new Set();
    imports.set(folder, targets);
    for (const [, specifier = ''] of file.text.matchAll(OWN_IMPORT)) {
      const target = path.posix.dirname(path.posix.join(folder, specifier));
      if (target !== folder) targets.add(target);
    }
  }
  return imports;
}

/**
 * The folders that import each other, directly or over others: one line for each folder that can reach itself.
 * A folder and its subfolder count as two folders.
 */
export function folderCircles(files: readonly SourceFile[]): string[] {
  const imports = folderImports(files);
  return [...imports.keys()].sort().flatMap((folder) => {
    const way = wayBack(folder, imports);
    return way === undefined ? [] : [way.join(' -> ')];
  });
}

/** The shortest way from a folder back to itself, breadth first. */
function wayBack(start: string, imports: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const seen = new Set<string>();
  const ways = [[start]];
  for (const way of ways) {
    for (const next of imports.get(way.at(-1) ?? start) ?? []) {
      if (next === start) return [...way, start];
      if (!seen.has(next)) ways.push([...way, next]);
      seen.add(next);
    }
  }
  return undefined;
}
