import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type CertificateInUse, type CertificateMaterial, nextCertificateStep } from './certificates.ts';
import { FILES_SETTLE_MS } from './credentials.ts';

const START_MS = Date.parse('2027-06-05T12:00:00Z');
const PODS = 3;
/** Enough passes of 45 s for three steps with their waits. */
const PASSES = 60;
const PASS_MS = 45_000;

/** Leaf `A1` is of authority `A`. */
function material(authority: string, serial: number): CertificateMaterial {
  return {
    certificate: `${authority}${serial}`,
    key: '',
    authorities: [authority],
    fingerprint: `${authority}${serial}`,
    validFrom: new Date(START_MS - 1),
    validUntil: new Date(START_MS * 2),
  };
}

interface Wish {
  readonly authority: string;
  readonly serial: number;
  readonly pass: number;
}

/** What a few passes make of the Secret and of servers whose files come late. */
class Exchange {
  wanted = material('A', 0);
  readonly contents: CertificateInUse[] = [
    { ...this.wanted, changedAt: new Date(START_MS - FILES_SETTLE_MS) },
  ];
  /** Index into `contents` of what each server has read. */
  #read = Array.from({ length: PODS }, () => 0);

  /** @param lags how old what each pod sees is, within what a kubelet may take */
  filesArrive(now: Date, lags: readonly number[]): void {
    this.#read = this.#read.map((before, pod) => {
      const seesUntil = now.getTime() - (lags[pod] ?? 0);
      const arrived = this.contents.findLastIndex(({ changedAt }) => changedAt.getTime() <= seesUntil);
      return this.#isSettled(now) ? this.contents.length - 1 : Math.max(before, arrived);
    });
  }

  /** Pairs of servers of which one does not trust what the other serves. */
  strangers(): string[] {
    const trusts = (one: number, other: number) =>
      this.contents[one]?.authorities.includes(this.contents[other]?.certificate.charAt(0) ?? '');
    return this.#read.flatMap((one) =>
      this.#read.flatMap((other) => (trusts(one, other) ? [] : [`${one} ${other}`])),
    );
  }

  step(now: Date): void {
    const latest = this.contents.length - 1;
    const inUse = this.contents[latest] as CertificateInUse;
    const servers = this.#read.map((index, pod) => ({
      pod: `redis-${pod}`,
      serves: this.contents[index]?.fingerprint ?? '',
      hasRead: this.#isSettled(now) && index === latest,
    }));
    const step = nextCertificateStep({ inUse, wanted: this.wanted, servers, now });
    if (step.kind === 'write') this.contents.push({ ...step.material, changedAt: now });
  }

  #isSettled(now: Date): boolean {
    return now.getTime() - (this.contents.at(-1)?.changedAt.getTime() ?? 0) >= FILES_SETTLE_MS;
  }
}

function passes(wishes: readonly Wish[], lags: readonly number[]): Exchange {
  const exchange = new Exchange();
  for (let pass = 0; pass < PASSES; pass++) {
    const now = new Date(START_MS + pass * PASS_MS);
    exchange.filesArrive(now, lags.slice(pass * PODS, (pass + 1) * PODS));
    const strangers = exchange.strangers();
    if (strangers.length > 0) throw new Error(`in pass ${pass}: ${strangers.join(', ')}`);
    const wish = wishes.find((one) => one.pass === pass);
    if (wish !== undefined) exchange.wanted = material(wish.authority, wish.serial);
    exchange.step(now);
  }
  return exchange;
}

it('every two servers trust each other all the time, however late their files arrive, and all end with what is wanted', () => {
  const wish = fc.record({ authority: fc.constantFrom('A', 'B', 'C'), serial: fc.nat(3), pass: fc.nat(20) });
  const lag = fc.array(fc.integer({ min: 0, max: FILES_SETTLE_MS }), {
    minLength: PASSES * PODS,
    maxLength: PASSES * PODS,
  });
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 4 }), lag, (wishes, lags) => {
      const { contents, wanted } = passes(wishes, lags);
      const end = contents.at(-1);
      expect([end?.fingerprint, end?.authorities]).toEqual([wanted.fingerprint, wanted.authorities]);
    }),
  );
});
