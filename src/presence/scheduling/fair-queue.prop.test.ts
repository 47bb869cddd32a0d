import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AGEING_MS, FairQueue } from './fair-queue.ts';
import { LANES, type Lane } from './lane.ts';

const lane = fc.constantFrom<Lane>(...LANES);
const step = fc.oneof(
  fc.record({ kind: fc.constant('push' as const), lane }),
  fc.record({ kind: fc.constant('pick' as const) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 200 }) }),
);

type Step = { kind: 'push'; lane: Lane } | { kind: 'pick' } | { kind: 'wait'; ms: number };

/** The queue beside one plain list a lane. */
class Model {
  readonly #queue = new FairQueue<number>();
  readonly #expected: Record<Lane, number[]> = { 1: [], 2: [], 3: [] };
  #now = 0;
  #next = 0;

  take(each: Step): void {
    if (each.kind === 'wait') this.#now += each.ms;
    if (each.kind === 'pick') this.#pick();
    if (each.kind !== 'push') return;
    this.#queue.push(each.lane, this.#next, this.#now);
    this.#expected[each.lane].push(this.#next++);
  }

  takeAll(): void {
    while (this.#waiting().length > 0) this.#pick();
    this.#pick();
  }

  #pick(): void {
    expect(this.#queue.length).toBe(this.#waiting().length);
    const picked = this.#queue.pick(this.#now);
    if (picked === undefined) expect(this.#waiting()).toEqual([]);
    else expect(picked.item).toBe(this.#expected[picked.lane].shift());
  }

  #waiting(): number[] {
    return Object.values(this.#expected).flat();
  }
}

describe('FairQueue', () => {
  it('gives back everything exactly once, in order within a lane, and is empty only when no item waits', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const model = new Model();
        for (const each of steps) model.take(each);
        model.takeAll();
      }),
    );
  });

  it('serves waiting lanes at 16 to 4 to 1', () => {
    const queue = new FairQueue<Lane>();
    for (let count = 0; count < 1_000; count++) for (const each of LANES) queue.push(each, each, 0);
    const picked = Array.from({ length: 210 }, () => queue.pick(0)?.lane);
    const share = (of: Lane) => picked.filter((each) => each === of).length;
    expect([share(1), share(2), share(3)]).toEqual([160, 40, 10]);
  });

  it('gives a lane no credit for the time it was idle', () => {
    const queue = new FairQueue<Lane>();
    for (let count = 0; count < 1_000; count++) queue.push(1, 1, 0);
    for (let count = 0; count < 500; count++) queue.pick(0);
    for (let count = 0; count < 100; count++) queue.push(3, 3, 0);
    const next = Array.from({ length: 17 }, () => queue.pick(0)?.lane);
    expect(next.filter((each) => each === 3)).toHaveLength(1);
  });

  it('lets no item wait longer than the bound plus twice the turns of earlier overdue items, whatever comes on lane 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5 }), (patient, flood) => {
        const queue = new FairQueue<Lane>();
        for (let count = 0; count < patient; count++) queue.push(3, 3, 0);
        let served = 0;
        for (let turn = 1; turn <= 2 * patient + 1; turn++) {
          for (let count = 0; count < flood; count++) queue.push(1, 1, AGEING_MS);
          if (queue.pick(AGEING_MS)?.lane === 3) served++;
        }
        expect(served).toBeGreaterThanOrEqual(patient);
      }),
    );
  });

  it('keeps 16 of 42 turns for lane 1 when all items of the others are overdue', () => {
    const queue = new FairQueue<Lane>();
    for (let count = 0; count < 100; count++) for (const each of [2, 3] as const) queue.push(each, each, 0);
    for (let count = 0; count < 100; count++) queue.push(1, 1, 10 * AGEING_MS);
    const picked = Array.from({ length: 84 }, () => queue.pick(10 * AGEING_MS)?.lane);
    expect(picked.filter((each) => each === 1).length).toBeGreaterThanOrEqual(32);
  });
});
