import type { FeedProblemReason } from '../../api/v1alpha1/feed-problems.ts';

/** An event that cannot be used; only it is skipped. */
export class UnusableEvent extends Error {
  readonly reason: FeedProblemReason;

  constructor(reason: FeedProblemReason, message: string) {
    super(message);
    this.name = 'UnusableEvent';
    this.reason = reason;
  }
}
