/** In no other timer of these tests: Node runs timers of one duration together, in the order of the first of them. */
const OWN_MS = 7;

/**
 * Whether a promise that waits for one timer settles before another timer of this process is due. Node runs timers in the order in
 * which they are due, however long the process stood still, so this holds on a loaded machine where a measured time does not. Two waits,
 * one after the other, settle a moment after twice the time: to tell them from one, ask for less than that.
 */
export async function settlesWithin(answer: Promise<unknown>, withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), withinMs + OWN_MS);
  });
  const settled = answer.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}
