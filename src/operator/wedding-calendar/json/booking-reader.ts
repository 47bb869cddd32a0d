import { Tokenizer, TokenType } from '@streamparser/json';
import { MAX_UID_LENGTH } from '../../../api/schema/feed-limits.ts';
import { jsonBooking } from '../../../api/v1alpha1/wedding-feed.ts';
import { type FeedCollector, tooComplex, UnusableFeed } from '../../../domain/feed/reading.ts';
import { UnusableEvent } from '../../../domain/feed/unusable-event.ts';
import { TokenGuard } from './token-guard.ts';

/** A booking has two levels below the list that it is in. */
const MAX_DEPTH = 32;
/** The longest text of a booking is a UID of 512 characters. */
const MAX_TOKEN_BYTES = 16_384;
/** A booking with all members, six roles and 20 categories has 35. */
const MAX_VALUES_A_BOOKING = 200;
/** 100 for each of the most bookings that a feed may hold. */
const MAX_VALUES = 2_000_000;

const SCALARS: ReadonlySet<TokenType> = new Set([
  ...[TokenType.STRING, TokenType.NUMBER, TokenType.TRUE, TokenType.FALSE, TokenType.NULL],
]);

type Container = Record<string, unknown> | unknown[];

/** What may come next. */
type Expected = 'Value' | 'ValueOrEnd' | 'Key' | 'KeyOrEnd' | 'Colon' | 'CommaOrEnd' | 'Nothing';

/**
 * Reads `{"weddings": [BOOKING, …]}` while its bytes come in. One booking is in memory at a time; what stands beside them is
 * checked for its form and dropped.
 */
export class BookingReader {
  readonly #guard = new TokenGuard(MAX_TOKEN_BYTES);
  readonly #tokenizer = new Tokenizer();
  readonly #collector: FeedCollector;
  /** Open objects and lists, outermost first. */
  readonly #open: ('Object' | 'List')[] = [];
  #expected: Expected = 'Value';
  #key = '';
  /** Key in the outermost object. */
  #member = '';
  #sawWeddings = false;
  #values = 0;
  /** Open objects and lists of the booking that is read; the last is the innermost. */
  readonly #building: Container[] = [];
  #bookingValues = 0;
  #bookings = 0;
  #refusal: UnusableFeed | undefined;

  constructor(collector: FeedCollector) {
    this.#collector = collector;
    this.#tokenizer.onToken = ({ token, value }) => {
      try {
        this.#take(token, value);
      } catch (error) {
        // The tokenizer makes an error of its own of whatever it catches.
        if (error instanceof UnusableFeed) this.#refusal ??= error;
        throw error;
      }
    };
  }

  /** @throws {UnusableFeed} */
  push(chunk: Uint8Array): void {
    this.#guard.check(chunk);
    this.#guarded(() => this.#tokenizer.write(chunk));
  }

  /** @throws {UnusableFeed} */
  end(): void {
    this.#guarded(() => {
      if (!this.#tokenizer.isEnded) this.#tokenizer.end();
    });
    if (this.#expected !== 'Nothing') throw notJson();
    if (!this.#sawWeddings) throw noList();
  }

  #guarded(read: () => void): void {
    try {
      read();
    } catch {
      throw this.#refusal ?? notJson();
    }
  }

  #take(token: TokenType, value: unknown): void {
    if (token === TokenType.LEFT_BRACE) this.#openContainer('Object');
    else if (token === TokenType.LEFT_BRACKET) this.#openContainer('List');
    else if (token === TokenType.RIGHT_BRACE) this.#closeContainer('Object', 'KeyOrEnd');
    else if (token === TokenType.RIGHT_BRACKET) this.#closeContainer('List', 'ValueOrEnd');
    else if (token === TokenType.COLON) this.#step('Colon', 'Value');
    else if (token === TokenType.COMMA) {
      this.#step('CommaOrEnd', this.#open.at(-1) === 'Object' ? 'Key' : 'Value');
    } else if (this.#expected === 'Key' || this.#expected === 'KeyOrEnd') this.#takeKey(token, value);
    else if (SCALARS.has(token)) this.#takeScalar(value);
  }

  #step(from: Expected, to: Expected): void {
    if (this.#expected !== from) throw notJson();
    this.#expected = to;
  }

  #takeKey(token: TokenType, key: unknown): void {
    if (token !== TokenType.STRING || typeof key !== 'string') throw notJson();
    this.#expected = 'Colon';
    this.#key = key;
    if (this.#open.length === 1) this.#member = key;
  }

  #takeScalar(value: unknown): void {
    this.#beginValue();
    if (this.#open.length === 0) throw noList();
    if (this.#isListOfBookings()) this.#takeBooking(value);
    else this.#store(value);
    this.#endValue();
  }

  #openContainer(kind: 'Object' | 'List'): void {
    this.#beginValue();
    if (this.#open.length === 0 && kind === 'List') throw noList();
    if (this.#open.length === 1 && this.#member === 'weddings') {
      if (kind === 'Object') throw noList();
      this.#sawWeddings = true;
    }
    if (this.#open.length === MAX_DEPTH) {
      throw tooComplex(this.#guard.line, `values lie in one another more than ${MAX_DEPTH} deep`);
    }
    if (this.#isListOfBookings() || this.#building.length > 0) {
      const container: Container = kind === 'Object' ? {} : [];
      if (this.#building.length > 0) this.#store(container);
      this.#building.push(container);
    }
    this.#open.push(kind);
    this.#expected = kind === 'Object' ? 'KeyOrEnd' : 'ValueOrEnd';
  }

  #closeContainer(kind: 'Object' | 'List', empty: Expected): void {
    if (this.#open.at(-1) !== kind || (this.#expected !== 'CommaOrEnd' && this.#expected !== empty)) {
      throw notJson();
    }
    this.#open.pop();
    const closed = this.#building.pop();
    if (closed !== undefined && this.#building.length === 0) this.#takeBooking(closed);
    this.#endValue();
  }

  #beginValue(): void {
    if (this.#expected !== 'Value' && this.#expected !== 'ValueOrEnd') throw notJson();
    this.#values += 1;
    if (this.#values > MAX_VALUES) {
      throw tooComplex(this.#guard.line, `the feed has more than ${MAX_VALUES} values`);
    }
    if (this.#isListOfBookings()) {
      this.#collector.countEvent();
      this.#bookingValues = 0;
    } else this.#bookingValues += 1;
  }

  #endValue(): void {
    this.#expected = this.#open.length === 0 ? 'Nothing' : 'CommaOrEnd';
  }

  #isListOfBookings(): boolean {
    return this.#open.length === 2 && this.#open[1] === 'List' && this.#member === 'weddings';
  }

  /** Puts a value into the innermost object or list of the booking, unless that has too many already. */
  #store(value: unknown): void {
    const container = this.#building.at(-1);
    if (container === undefined || this.#bookingValues > MAX_VALUES_A_BOOKING) return;
    if (Array.isArray(container)) container.push(value);
    else
      Object.defineProperty(container, this.#key, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }

  #takeBooking(value: unknown): void {
    const where = `weddings[${this.#bookings}]`;
    this.#bookings += 1;
    const tooMany = this.#bookingValues > MAX_VALUES_A_BOOKING;
    this.#collector.addJson(uidOf(value) ?? where, where, () => {
      if (tooMany) {
        throw new UnusableEvent('TooComplex', `the booking has more than ${MAX_VALUES_A_BOOKING} values`);
      }
      const parsed = jsonBooking.safeParse(value);
      if (!parsed.success) throw new UnusableEvent('InvalidBooking', firstIssue(parsed.error.issues));
      return parsed.data;
    });
  }
}

function uidOf(value: unknown): string | undefined {
  const uid = typeof value === 'object' && value !== null ? (value as { uid?: unknown }).uid : undefined;
  return typeof uid === 'string' && uid !== '' ? uid.slice(0, MAX_UID_LENGTH) : undefined;
}

function firstIssue(issues: readonly { path: readonly PropertyKey[]; message: string }[]): string {
  const issue = issues[0];
  if (issue === undefined) return 'is not of the form';
  return `${issue.path.map(String).join('.')}: ${issue.message}`.slice(0, 400);
}

function notJson(): UnusableFeed {
  return new UnusableFeed('WrongContent', 'the feed is not JSON');
}

function noList(): UnusableFeed {
  return new UnusableFeed('WrongContent', 'the feed is not a JSON object with a list `weddings`');
}
