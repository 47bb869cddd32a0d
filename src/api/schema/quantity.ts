import * as z from 'zod';
import { INT_OR_STRING } from './int-or-string.ts';

const MAX_LENGTH = 32;

/**
 * A quantity that is not negative, with an exponent of two digits at most.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
const QUANTITY = /^([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2})?$/;

/** A quantity as core kinds take it: YAML reads `cpu: 1` as a number, and `1`, `"1"` and `1000m` are the same. */
export const quantity = z
  .union([z.int().min(0), z.string().max(MAX_LENGTH).regex(QUANTITY)])
  .meta(INT_OR_STRING);

export type Quantity = z.output<typeof quantity>;

/** The API server counts in billionths, rounds up, and takes what is more than an int64 for the largest of them. */
const NANOS = 1_000_000_000n;
const MOST = (2n ** 63n - 1n) * NANOS;

const DECIMAL: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY: Readonly<Record<string, bigint>> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };

/**
 * A quantity in billionths of a byte or CPU, as the API server compares it.
 * @throws RangeError when it is none
 */
export function quantityNanos(given: Quantity): bigint {
  const nanos = parseQuantity(given);
  if (nanos === undefined) throw new RangeError(`${given} is not a quantity`);
  return nanos;
}

/** As `quantityNanos`; undefined when it is none. */
export function parseQuantity(given: Quantity): bigint | undefined {
  const text = String(given);
  const match = text.length > MAX_LENGTH ? null : QUANTITY.exec(text);
  if (!match) return undefined;
  const [, number = '', , suffix = ''] = match;
  const [whole = '', fraction = ''] = number.split('.');
  const digits = BigInt(`${whole}${fraction}`);
  const power = BINARY[suffix];
  const exponent = /^[eE][+-]?[0-9]/.test(suffix) ? Number(suffix.slice(1)) : (DECIMAL[suffix] ?? 0);
  const tens = exponent - fraction.length + 9;
  const binary = digits * (power === undefined ? 1n : 2n ** power);
  const nanos = tens >= 0 ? binary * 10n ** BigInt(tens) : dividedUp(binary, 10n ** BigInt(-tens));
  return nanos > MOST ? MOST : nanos;
}

function dividedUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}
