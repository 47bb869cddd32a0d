import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  evaluateRevision,
  type RevisionRecord,
  type RevisionVerdict,
  type RolloutProgress,
} from './evaluate-revision.ts';

/** What happens between two looks. */
interface Look {
  /** The revision that the spec asks for from now on. */
  wanted: string;
  frozen: boolean;
  /** How the pods fare, if they run what is out. */
  progress: RolloutProgress['kind'];
  /** The operator starts anew: it knows what status says, and the objects. */
  restart: boolean;
}

const looks: fc.Arbitrary<Look[]> = fc.array(
  fc.record({
    wanted: fc.constantFrom('a', 'b', 'c'),
    frozen: fc.boolean(),
    progress: fc.constantFrom<RolloutProgress['kind'][]>('Complete', 'Progressing', 'Stuck'),
    restart: fc.boolean(),
  }),
  { maxLength: 40 },
);

interface Moment {
  look: Look;
  before: string | undefined;
  released: string | undefined;
  target: 'Wanted' | 'Good';
  record: RevisionRecord;
}

/** The workload and its annotation, as the operator writes them by the verdict. */
class Workload {
  released: string | undefined;
  #good: string | undefined;
  #record: RevisionRecord | undefined;

  look(look: Look, minute: number): Moment {
    const { wanted, frozen } = look;
    // All that an operator that starts anew knows.
    const record = look.restart ? structuredClone(this.#record) : this.#record;
    const before = this.released;
    const verdict = evaluateRevision({
      wanted,
      released: before,
      record,
      frozen,
      hasGood: this.#good !== undefined && this.#good !== wanted,
      progress:
        look.progress === 'Stuck' ? { kind: 'Stuck', because: 'it crashes' } : { kind: look.progress },
      now: new Date(minute * 60_000),
    });
    this.#record = verdict.record;
    this.#write(verdict, look);
    return { look, before, released: this.released, target: verdict.target, record: verdict.record };
  }

  #write({ target, releasedIsGood, record }: RevisionVerdict, { wanted, frozen }: Look): void {
    const next = target === 'Wanted' ? wanted : (this.#good ?? this.released);
    const isHeld = frozen && this.released !== undefined;
    if (record.state === 'Ready') this.#good = undefined;
    if (next === this.released || isHeld) return;
    if (target === 'Good') this.#good = undefined;
    else if (releasedIsGood) this.#good = this.released;
    this.released = next;
  }
}

function play(history: readonly Look[]): Moment[] {
  const workload = new Workload();
  return history.map((look, minute) => workload.look(look, minute));
}

/** Moments at which the last good revision came back. */
const reverts = (moments: readonly Moment[]): Moment[] =>
  moments.filter(({ target, before, released }) => target === 'Good' && before !== released);

describe('evaluateRevision', () => {
  it('changes no template in a freeze', () => {
    fc.assert(
      fc.property(looks, (history) => {
        for (const { look, before, released } of play(history))
          if (look.frozen && before !== undefined) expect(released).toBe(before);
      }),
    );
  });

  it('puts back only a revision that has not been ready since it went out, to one that was', () => {
    fc.assert(
      fc.property(looks, (history) => {
        const moments = play(history);
        for (const [at, { before, released, target }] of moments.entries()) {
          if (target !== 'Good' || before === released) continue;
          const past = moments.slice(0, at);
          const out = past.findLastIndex((moment) => moment.before !== moment.released);
          const complete = ({ look }: Moment) => look.progress === 'Complete';
          expect(moments.slice(out + 1, at + 1).some(complete)).toBe(false);
          expect(past.filter(complete).map((moment) => moment.before)).toContain(released);
        }
      }),
    );
  });

  it('does not try a revision again that was put back, until the spec asks for another', () => {
    fc.assert(
      fc.property(looks, (history) => {
        const moments = play(history);
        for (const [at, { look, before, released, target }] of moments.entries()) {
          if (target !== 'Good' || before === released) continue;
          const changed = moments.findIndex(
            (later, index) => index > at && later.look.wanted !== look.wanted,
          );
          const until = moments.slice(at, changed < 0 ? undefined : changed);
          expect(until.map((later) => later.released)).not.toContain(look.wanted);
        }
      }),
    );
  });

  it('does not flap: between two changes of the spec at most one revision is put back', () => {
    fc.assert(
      fc.property(looks, fc.constantFrom('a', 'b'), (history, wanted) => {
        const steady = history.map((look) => ({ ...look, wanted }));
        const first: Look = { wanted: 'c', frozen: false, progress: 'Complete', restart: false };
        expect(reverts(play([first, first, ...steady])).length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('puts back what is stuck once no freeze is on', () => {
    const out = { wanted: 'a', frozen: false, progress: 'Complete', restart: false } as const;
    const broken = { ...out, wanted: 'b', progress: 'Progressing' } as const;
    const stuck = { ...broken, progress: 'Stuck' } as const;
    const frozen = { ...stuck, frozen: true };
    const moments = play([out, out, broken, frozen, frozen, { ...stuck, restart: true }, stuck]);
    expect(moments.map(({ released }) => released)).toEqual(['a', 'a', 'b', 'b', 'b', 'a', 'a']);
    expect(moments.at(-1)?.record).toMatchObject({ revision: 'b', state: 'Reverted', because: 'it crashes' });
  });

  it('has nothing to put back for a first revision', () => {
    const stuck = { wanted: 'a', frozen: false, progress: 'Stuck', restart: false } as const;
    expect(reverts(play([stuck, stuck, { ...stuck, wanted: 'b' }, { ...stuck, wanted: 'b' }]))).toEqual([]);
  });
});
