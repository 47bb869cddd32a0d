import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { openPrometheus } from '../../cluster/prometheus-root.ts';

export interface PromtoolResult {
  code: number | null;
  /** Both streams. */
  printed: string;
}

/** Runs promtool of Debian in a directory. */
export async function promtool(args: readonly string[], cwd: string, input = ''): Promise<PromtoolResult> {
  const [program = '', ...first] = (await openPrometheus()).promtool;
  const child = spawn(program, [...first, ...args], { cwd, stdio: 'pipe' });
  const code = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // One that reads no input may have ended before it was written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, printed: out + errors };
}
