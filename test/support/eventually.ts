/** How often a condition is looked at. */
const POLL_MS = 250;

export interface Patience {
  /** What is waited for, for the error. */
  what: string;
  withinSeconds: number;
}

/**
 * Calls `look` until it returns something other than undefined or false, and gives that. What it throws counts as
 * "not yet" and is shown when the time is over.
 */
export async function eventually<T>(
  { what, withinSeconds }: Patience,
  look: () => Promise<T | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + withinSeconds * 1000;
  let last = 'nothing yet';
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinSeconds} s (${last})`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
