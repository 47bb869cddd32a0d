import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * The files of a folder in order, each as a path; undefined when `folder` is no folder. Links to files are files; links
 * to folders are not followed, so that no folder is read twice or for ever.
 *
 * @param recursive folders in it as well
 */
export async function listFolder(folder: string, recursive: boolean): Promise<string[] | undefined> {
  const isFolder = (await stat(folder).catch(() => undefined))?.isDirectory() ?? false;
  if (!isFolder) return undefined;
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive })) {
    const file = path.join(entry.parentPath, entry.name);
    const isFile = entry.isSymbolicLink()
      ? ((await stat(file).catch(() => undefined))?.isFile() ?? false)
      : entry.isFile();
    if (isFile) files.push(file);
  }
  return files.sort();
}
