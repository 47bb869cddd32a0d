import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Beside the bundle of the program; in a checkout where `npm run build` puts it. */
const SCRIPT = import.meta.url.endsWith('.ts') ? '../../dist/dashboard.js' : './dashboard.js';

/**
 * The script of the page.
 *
 * @throws Error when it is not there
 */
export async function readPageScript(): Promise<Uint8Array> {
  const file = fileURLToPath(new URL(SCRIPT, import.meta.url));
  try {
    return await readFile(file);
  } catch {
    throw new Error(`${file} is not there: in a checkout, run npm run build`);
  }
}
