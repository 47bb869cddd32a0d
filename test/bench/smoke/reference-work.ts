import { createHash } from 'node:crypto';

/** Takes some tenths of a second on the processors of today. */
const ROUNDS = 12_000;

/**
 * Processor time that a fixed work takes here, in seconds: the unit in which this benchmark counts the processor time of programs, so
 * that figures of different processors can be compared. The work is what an operator does most: JSON and hashes.
 */
export function referenceSeconds(): number {
  const object = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [`field-${index}`, { index, text: 'x'.repeat(index) }]),
  );
  const before = process.cpuUsage();
  let text = JSON.stringify(object);
  for (let round = 0; round < ROUNDS; round++) {
    createHash('sha256').update(text).digest('hex');
    text = JSON.stringify(JSON.parse(text));
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
