/** A positive number as it is written in decimal: `digits / 10^scale`. */
interface Decimal {
  digits: bigint;
  scale: bigint;
}

/**
 * The product of factors, rounded up, computed on the decimals that the user wrote. Binary fractions would turn
 * `10 × 1.1` into 11.000000000000002 and one pod too many.
 */
export function ceilProduct(factors: readonly number[]): number {
  let digits = 1n;
  let scale = 0n;
  for (const factor of factors) {
    const decimal = toDecimal(factor);
    digits *= decimal.digits;
    scale += decimal.scale;
  }
  const divisor = 10n ** scale;
  return Number((digits + divisor - 1n) / divisor);
}

/** Reads the shortest decimal that stands for the number, which is what was written in the spec. */
function toDecimal(value: number): Decimal {
  const [mantissa = '', exponent = '0'] = String(value).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return scale >= 0
    ? { digits, scale: BigInt(scale) }
    : { digits: digits * 10n ** BigInt(-scale), scale: 0n };
}
