/** How the pods that run the released template fare. */
export type RolloutProgress =
  /** Every pod runs it and is ready. */
  | { readonly kind: 'Complete' }
  | { readonly kind: 'Progressing' }
  /** A pod that runs it did not become ready within the deadline. */
  | { readonly kind: 'Stuck'; readonly pod?: string; readonly because: string };

/** What status remembers of the newest revision that went out, or was put back. */
export type RevisionRecord =
  | { readonly revision: string; readonly state: 'RollingOut' | 'Ready'; readonly since: Date }
  | {
      readonly revision: string;
      readonly state: 'Reverted';
      readonly since: Date;
      readonly pod?: string;
      readonly because: string;
    };

export interface RevisionInput {
  /** Hash of the template that the spec asks for. */
  readonly wanted: string;
  /** Hash of the template that is out; undefined before there is any. */
  readonly released: string | undefined;
  /** Whether another template is known with which every pod was ready. */
  readonly hasGood: boolean;
  readonly record: RevisionRecord | undefined;
  readonly progress: RolloutProgress;
  /** While it is on, no template changes. */
  readonly frozen: boolean;
  readonly now: Date;
}

export interface RevisionVerdict {
  readonly record: RevisionRecord;
  /** `Good`: the last template with which every pod was ready, in the place of the wanted one. */
  readonly target: 'Wanted' | 'Good';
  /** Whether the template that is out is one to come back to. */
  readonly releasedIsGood: boolean;
}

/**
 * Whether the revision that the spec asks for is to run, or the last good one in its place. A revision with which every
 * pod was ready once is never put back; one that was put back is not tried again before the spec asks for another. Only
 * says which of the two: whether it may change now is for the freeze to say.
 */
export function evaluateRevision(input: RevisionInput): RevisionVerdict {
  const { wanted, released, record, progress, frozen, now } = input;
  const releasedIsGood = isGood(input);
  if (released === wanted) return { ...evaluateReleased(input), releasedIsGood };
  if (released !== undefined && record?.state === 'Reverted' && record.revision === wanted)
    return { record, target: 'Good', releasedIsGood };
  if (released === undefined || !frozen) {
    const isKnown = record?.state === 'RollingOut' && record.revision === wanted;
    return {
      record: isKnown ? record : { revision: wanted, state: 'RollingOut', since: now },
      target: 'Wanted',
      releasedIsGood,
    };
  }
  // The released revision stays the one that is evaluated.
  const current = record ?? { revision: released, state: 'RollingOut', since: now };
  return {
    record: progress.kind === 'Complete' ? ready(current, released, now) : current,
    target: 'Wanted',
    releasedIsGood,
  };
}

function isGood({ released, record, progress }: RevisionInput): boolean {
  if (released === undefined) return false;
  if (progress.kind === 'Complete' || record?.state === 'Ready') return true;
  return record?.state === 'Reverted' && record.revision !== released;
}

function evaluateReleased(input: RevisionInput): Pick<RevisionVerdict, 'record' | 'target'> {
  const { wanted, hasGood, progress, now } = input;
  const record: RevisionRecord =
    input.record?.revision === wanted ? input.record : { revision: wanted, state: 'RollingOut', since: now };
  if (progress.kind === 'Complete') return { record: ready(record, wanted, now), target: 'Wanted' };
  switch (record.state) {
    case 'Ready':
      return { record, target: 'Wanted' };
    case 'Reverted':
      // Judged already; a freeze, or a refusal, is in the way.
      return { record, target: hasGood ? 'Good' : 'Wanted' };
    case 'RollingOut': {
      if (progress.kind !== 'Stuck' || !hasGood) return { record, target: 'Wanted' };
      const { pod, because } = progress;
      const reverted = { revision: wanted, state: 'Reverted', since: now, because } as const;
      return { record: { ...reverted, ...(pod === undefined ? {} : { pod }) }, target: 'Good' };
    }
  }
}

function ready(before: RevisionRecord, revision: string, now: Date): RevisionRecord {
  if (before.state === 'Ready' && before.revision === revision) return before;
  // The good revision is back: the record is of the one that failed.
  if (before.state === 'Reverted' && before.revision !== revision) return before;
  return { revision, state: 'Ready', since: now };
}
