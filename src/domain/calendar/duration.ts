const MS_A_UNIT: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000 };

/**
 * Milliseconds of a length such as `6h`, `90m` or `1h30m`.
 *
 * @throws {RangeError} for any other form
 */
export function parseDuration(text: string): number {
  if (!/^([0-9]+h)?([0-9]+m)?([0-9]+s)?$/.test(text) || text === '') {
    throw new RangeError(`"${text}" is not a length of time such as 6h, 90m or 1h30m`);
  }
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9]+)([hms])/g)) {
    total += Number(amount) * (MS_A_UNIT[unit as string] as number);
  }
  return total;
}
