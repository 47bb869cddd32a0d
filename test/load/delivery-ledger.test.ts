import { describe, expect, it } from 'vitest';
import type { Member } from '../../src/api/protocol/member.ts';
import { DeliveryLedger, type Seat } from './delivery-ledger.ts';

const seat = (user: string): Seat => ({ wedding: 'ada', user });

function member(user: string, number: number): Member {
  const data = { number, dueAt: 100 };
  return { user, role: 'other', state: 'present', since: 0, updatedAt: 0, devices: 1, data };
}

function scene() {
  const ledger = new DeliveryLedger();
  const [bob, cat] = [ledger.newReader(seat('bob')), ledger.newReader(seat('cat'))];
  ledger.newReader(seat('ann'));
  const send = (): number => {
    const number = ledger.send(seat('ann'));
    ledger.settle(number, 'kept');
    return number;
  };
  const set = (number: number) => [{ op: 'set' as const, member: member('ann', number) }];
  return { ledger, bob, cat, send, set };
}

describe('the ledger of deliveries', () => {
  it('counts a value that comes in a snapshot as delivered', () => {
    const { ledger, bob, cat, send, set } = scene();
    const number = send();
    bob.diff(set(number), 1, 103);
    cat.snapshot([member('ann', number)], 1, 107);
    expect(ledger.summary()).toMatchObject({
      updates: 1,
      expected: 2,
      deliveries: 2,
      bySnapshot: 1,
      missing: [],
    });
    expect(ledger.percentile(1)).toBe(7);
  });

  it('counts a value that is shown provisionally while Redis is away, and not again when it has a number', () => {
    const { ledger, bob, cat, send, set } = scene();
    const [first, last] = [send(), send()];
    for (const reader of [bob, cat]) {
      reader.provisional(set(last), 103);
      reader.diff(set(last), 1, 109);
    }
    expect(ledger.summary()).toMatchObject({ expected: 4, deliveries: 2, conflated: 2, lost: 0 });
    expect(ledger.summary().missing.map(({ update }) => update)).toEqual([first, first]);
    expect(ledger.percentile(1)).toBe(3);
  });

  it('counts a value once, however often it is shown', () => {
    const { ledger, bob, send, set } = scene();
    const number = send();
    for (const seq of [1, 2]) bob.diff(set(number), seq, 103);
    expect(ledger.summary()).toMatchObject({ deliveries: 1, lost: 1 });
  });

  it.each([
    [
      'a diff of several numbers',
      (s: ReturnType<typeof scene>, last: number) => s.bob.diff(s.set(last), 2, 103),
    ],
    [
      'a snapshot',
      (s: ReturnType<typeof scene>, last: number) => s.bob.snapshot([member('ann', last)], 2, 103),
    ],
  ])('calls what %s swallowed conflated, and names it', (_, show) => {
    const one = scene();
    const [first, last] = [one.send(), one.send()];
    one.cat.diff(one.set(first), 1, 103);
    one.cat.diff(one.set(last), 2, 103);
    show(one, last);
    expect(one.ledger.summary()).toMatchObject({
      expected: 4,
      deliveries: 3,
      conflated: 1,
      lost: 0,
      missing: [{ wedding: 'ada', member: 'ann', update: first, subscriber: 'bob', why: 'conflated' }],
    });
  });

  it('calls lost what a diff of one number skips, and what nothing came after', () => {
    const { ledger, bob, cat, send, set } = scene();
    const [first, second, third] = [send(), send(), send()];
    bob.diff(set(first), 1, 103);
    bob.diff(set(third), 2, 103);
    for (const [index, number] of [first, second].entries()) cat.diff(set(number), index + 1, 103);
    expect(ledger.summary()).toMatchObject({
      expected: 6,
      deliveries: 4,
      conflated: 0,
      lost: 2,
      missing: [
        { update: second, subscriber: 'bob', why: 'lost' },
        { update: third, subscriber: 'cat', why: 'lost' },
      ],
    });
  });

  it('expects nothing of updates that no server kept', () => {
    const { ledger, bob, set } = scene();
    const [unsent, refused, unanswered] = [seat('ann'), seat('ann'), seat('ann')].map((who) =>
      ledger.send(who),
    );
    ledger.settle(unsent ?? -1, 'replaced');
    ledger.settle(refused ?? -1, 'refused');
    bob.diff(set(unanswered ?? -1), 1, 103);
    expect(ledger.summary()).toMatchObject({ updates: 0, expected: 0, deliveries: 0, lost: 0 });
    expect(ledger.summary()).toMatchObject({ replacedUnsent: 1, unconfirmed: 2 });
  });

  it('forgets who never joined', () => {
    const { ledger, bob, send, set } = scene();
    ledger.removeReader(seat('cat'));
    bob.diff(set(send()), 1, 103);
    expect(ledger.summary()).toMatchObject({ expected: 1, deliveries: 1 });
  });
});
