/** Runs after which an input is small enough, so that shrinking ends. */
const MAX_TRIES = 2_000;

/** The smallest input near a failing one that fails as well: pieces are left out, from halves down to single bytes. */
export async function shrink(
  failing: Uint8Array,
  fails: (input: Uint8Array) => Promise<boolean>,
  maxTries = MAX_TRIES,
): Promise<Uint8Array> {
  let smallest = failing;
  let tries = 0;
  for (
    let length = Math.ceil(failing.length / 2);
    length >= 1;
    length = length === 1 ? 0 : Math.ceil(length / 2)
  ) {
    for (let at = 0; at < smallest.length && tries < maxTries; tries++) {
      const without = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + length)]);
      if (await fails(without)) smallest = without;
      else at += length;
    }
  }
  return smallest;
}
