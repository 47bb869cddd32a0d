import { UnusableFeed } from '../../domain/feed/reading.ts';

/** A feed that is made to be slow or big. `what` has a number in it. */
export function tooComplex(line: number, what: string): UnusableFeed {
  return new UnusableFeed('TooComplex', `line ${line}: ${what}`);
}
